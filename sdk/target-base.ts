import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import type * as z from 'zod';
import { type Base, BaseContent, BaseList, maxBaseJson } from '../contract/index.ts';
import type { Release } from '../policy/index.ts';
import { type Digest, parseJson, sha256 } from '../trust/index.ts';
import { type Client, isRegistryFailure } from './client.ts';
import { SdkError } from './error.ts';
import { ifPresent, readBounded, writeFileAtomically } from './files.ts';
import { type Environment, homeOf, isRoot, placeBelowHome } from './home.ts';
import { hostRelease } from './host/release.ts';
import { explainSystemError } from './system-error.ts';

/** The base policy that `--target` is decided with. */
export type TargetBase =
  /** This machine has that release: its own files. */
  | { kind: 'host' }
  /** The registry's, which is not signed. */
  | { kind: 'registry'; digest: Digest; registry: string; files: BaseContent['files'] }
  /** Not available; `reason` is a sentence without a full stop. */
  | { kind: 'none'; reason: string; registry: string; unreachable: boolean };

export interface TargetBaseOptions {
  /** Names the user's cache folder. */
  env: Environment;
  /** The client of the registry; called only if this machine has another release. */
  connect: () => Promise<Client>;
  /** Use what was fetched before, and ask no registry. */
  offline?: boolean | undefined;
}

/** The base policy of a release: the host's own, or the registry's, which is cached by its digest. */
export async function findTargetBase(
  release: Release,
  { env, connect, offline = false }: TargetBaseOptions,
): Promise<TargetBase> {
  if ((await hostRelease()) === release) return { kind: 'host' };
  const client = await connect();
  const { registry } = client;
  const cache = createCache(env, registry);
  let failure: string | undefined;
  let bases: Base[] | undefined;
  if (!offline) {
    try {
      bases = await client.listBases();
      await cache.writeList(bases);
    } catch (error) {
      if (!isRegistryFailure(error)) throw error;
      failure = error.message.replace(/\.$/, '');
    }
  }
  bases ??= await cache.readList();
  const found = bases?.find((base) => base.release === release);
  const none = (reason: string): TargetBase => ({
    kind: 'none',
    reason,
    registry,
    unreachable: failure !== undefined,
  });
  if (!found) {
    if (failure !== undefined) return none(failure);
    return none(
      offline
        ? `no base policy of AppArmor ${release} is cached from ${registry}`
        : `${registry} has no base policy of AppArmor ${release}`,
    );
  }
  const { digest } = found;
  const cached = await cache.readContent(digest);
  if (cached) return { kind: 'registry', digest, registry, files: cached };
  if (offline || failure !== undefined) {
    return none(failure ?? `the base policy ${digest} is not cached`);
  }
  try {
    const bytes = await client.getBase(digest);
    const files = await contentOf(bytes, digest);
    if (!files) return none(`the response of ${registry} does not match the digest ${digest}`);
    await cache.writeContent(digest, bytes);
    return { kind: 'registry', digest, registry, files };
  } catch (error) {
    if (!isRegistryFailure(error)) throw error;
    failure = error.message.replace(/\.$/, '');
    return none(failure);
  }
}

/** The files of a base policy, if these are its bytes. */
async function contentOf(
  bytes: Uint8Array<ArrayBuffer>,
  digest: Digest,
): Promise<BaseContent['files'] | undefined> {
  if ((await sha256(bytes)) !== digest) return undefined;
  return read(BaseContent, bytes)?.files;
}

function read<Schema extends z.ZodType>(
  schema: Schema,
  bytes: Uint8Array,
): z.infer<Schema> | undefined {
  try {
    return schema.safeParse(
      parseJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)),
    ).data;
  } catch {
    return undefined;
  }
}

/** The largest list of base policies that is read from the cache, in bytes. */
const maxList = 64 * 1024;

/**
 * The base policies that were fetched, below `$XDG_CACHE_HOME/aa-registry` or `~/.cache/aa-registry`: contents by digest,
 * and for each registry the list that it had. It is only a cache: what can't be read is absent, what can't be written is
 * fetched again. Contents are verified by their digests; root does not believe another user's list.
 */
function createCache(env: Environment, registry: string) {
  const folder = resolve(env.XDG_CACHE_HOME || join(homeOf(env), '.cache'), 'aa-registry/bases');
  const list = join(folder, 'lists', createHash('sha256').update(registry).digest('hex'));
  const content = (digest: Digest) => join(folder, digest.slice('sha256:'.length));

  const readFile = async (path: string, limit: number) => {
    let trusted = true;
    const bytes = await attempt(() =>
      readBounded(path, limit, ({ uid }) => {
        trusted = !isRoot() || uid === 0;
      }),
    );
    return trusted && bytes ? new Uint8Array(bytes) : undefined;
  };
  const writeFile = async (path: string, data: Uint8Array | string) => {
    await attempt(() => writeFileAtomically(placeBelowHome(path), data, 0o644));
  };

  return {
    async readList() {
      const bytes = await readFile(list, maxList);
      return bytes && read(BaseList, bytes)?.items;
    },
    writeList: (items: readonly Base[]) => writeFile(list, JSON.stringify({ items })),
    async readContent(digest: Digest) {
      const bytes = await readFile(content(digest), maxBaseJson);
      return bytes && contentOf(bytes, digest);
    },
    writeContent: (digest: Digest, bytes: Uint8Array) => writeFile(content(digest), bytes),
  };
}

/** What `work` returns; `undefined` if the system or a limit refuses it. */
async function attempt<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await ifPresent(work());
  } catch (error) {
    if (explainSystemError(error) instanceof SdkError) return undefined;
    throw error;
  }
}
