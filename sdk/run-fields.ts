import type { Fields } from './toml.ts';

/** The purpose and an example of `entrypoint` and of each field of `[run]`; see aa-profile.toml(5) and docs/manifest.md. */
export const runFields: Fields = {
  entrypoint: {
    what: 'the same as run.entrypoint',
    example: 'entrypoint = ["nginx", "-g", "daemon off;"]',
  },
  run: {
    what: 'how to run a container of the images',
    example: 'run = { ports = [{ container = 80 }], readonly = true }',
  },
  'run.entrypoint': {
    what: "the program to run instead of the images' own entry point, with its arguments",
    example: 'entrypoint = ["nginx", "-g", "daemon off;"]',
  },
  'run.arguments': {
    what: "the arguments of the images' own entry point",
    example: 'arguments = ["--config", "/etc/app.conf"]',
  },
  'run.ports': {
    what: 'the ports to publish',
    example: 'ports = [{ container = 80, host = 8080, protocol = "tcp" }]',
  },
  'run.mounts': {
    what: 'the folders that are a tmpfs or a volume',
    example:
      'mounts = [{ type = "tmpfs", path = "/run" }, { type = "volume", volume = "data", path = "/data" }]',
  },
  'run.capabilities': {
    what: 'the capabilities to drop and to add',
    example: 'capabilities = { drop = ["ALL"], add = ["NET_BIND_SERVICE"] }',
  },
  'run.readonly': {
    what: "whether the container's own files are read-only",
    example: 'readonly = true',
  },
  'run.user': { what: 'the numbers of the user and the group', example: 'user = "101:101"' },
  'run.environment': {
    what: 'the names of the environment variables to pass on',
    example: 'environment = ["TZ"]',
  },
};
