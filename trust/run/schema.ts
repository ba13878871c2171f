// What a manifest says about running a container of its images, as it is signed.
import * as z from 'zod';

/** A word of a command line: printable ASCII. */
const Word = z.string().regex(/^[ -~]{1,255}$/, 'must be 1 to 255 printable ASCII characters');

/** The program that a container runs instead of its image's entry point, which is no option, and its arguments. */
export const Entrypoint = z
  .array(Word)
  .min(1)
  .max(32)
  .refine(
    ([program = '']) => /^[A-Za-z0-9._/][A-Za-z0-9._/+-]*$/.test(program),
    'must begin with a program, such as ["nginx", "-g", "daemon off;"]',
  );

const PortNumber = z.int().min(1).max(65_535);

/** A port of the container to publish. */
const Port = z.looseObject({
  container: PortNumber,
  /** The port of the host; by default the same. */
  host: PortNumber.optional(),
  /** `tcp` by default, `udp` or `sctp`. */
  protocol: z.string().max(16).optional(),
});

/** A folder of the container that is mounted. */
const Mount = z.looseObject({
  /** `tmpfs`, or `volume` for one of the runtime. */
  type: z.string().max(16),
  /** Where it is mounted. */
  path: Word,
  /** The name of the volume. */
  volume: Word.optional(),
  readonly: z.boolean().optional(),
});

const CapabilityNames = z
  .array(z.string().regex(/^(?!CAP_)[A-Z_]{1,40}$/, 'must be upper-case, without CAP_'))
  .max(64);

/**
 * How to run a container of the package's images under the profile. Unknown fields are kept, so that {@link runFault} can
 * refuse them: those who print commands from it must not leave them out unnoticed.
 */
export const Run = z
  .looseObject({
    entrypoint: Entrypoint,
    /** The arguments of the image's own entry point. */
    arguments: z.array(Word).min(1).max(32),
    ports: z.array(Port).min(1).max(32),
    mounts: z.array(Mount).min(1).max(32),
    /** By their names without `CAP_`; `ALL` to drop all. */
    capabilities: z.looseObject({ drop: CapabilityNames, add: CapabilityNames }).partial(),
    /** Whether the container's own files are read-only. */
    readonly: z.boolean(),
    /** A number, or two with a colon: the user and the group. */
    user: z.string().regex(/^\d{1,9}(?::\d{1,9})?$/, 'must be numbers such as "101" or "101:101"'),
    /** The names of environment variables to pass on. */
    environment: z
      .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'must be the name of a variable'))
      .min(1)
      .max(64),
  })
  .partial()
  .meta({ id: 'Run', description: 'How to run a container of its images' });
export type Run = z.infer<typeof Run>;
