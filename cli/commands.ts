import type { Topic } from './framework/command.ts';

/**
 * Every command, by topic, in the order that help shows. Each is loaded only when it runs, which keeps startup fast:
 * commands share few of their imports.
 */
export const topics: Topic[] = [
  {
    title: 'Hosts',
    commands: {
      pull: async () => (await import('./commands/pull.ts')).pull,
      sync: async () => (await import('./commands/sync.ts')).sync,
      approve: async () => (await import('./commands/approve.ts')).approve,
      lock: async () => (await import('./commands/lock.ts')).lock,
      status: async () => (await import('./commands/status.ts')).status,
      denials: async () => (await import('./commands/denials.ts')).denials,
      inspect: async () => (await import('./commands/inspect.ts')).inspect,
      report: async () => (await import('./commands/report.ts')).report,
      'fleet join': async () => (await import('./commands/fleet-join.ts')).fleetJoin,
      'run-args': async () => (await import('./commands/run-args.ts')).runArgs,
      rollback: async () => (await import('./commands/rollback.ts')).rollback,
      remove: async () => (await import('./commands/remove.ts')).remove,
      enforce: async () => (await import('./commands/enforce.ts')).enforce,
      complain: async () => (await import('./commands/complain.ts')).complain,
      doctor: async () => (await import('./commands/doctor.ts')).doctor,
      'trust init': async () => (await import('./commands/trust-init.ts')).trustInit,
      'trust add': async () => (await import('./commands/trust-add.ts')).trustAdd,
      'trust update': async () => (await import('./commands/trust-update.ts')).trustUpdate,
      'trust remove': async () => (await import('./commands/trust-remove.ts')).trustRemove,
      'trust show': async () => (await import('./commands/trust-show.ts')).trustShow,
    },
  },
  {
    title: 'Finding profiles',
    commands: {
      search: async () => (await import('./commands/search.ts')).search,
      show: async () => (await import('./commands/show.ts')).show,
      verify: async () => (await import('./commands/verify.ts')).verify,
      bundle: async () => (await import('./commands/bundle.ts')).bundle,
    },
  },
  {
    title: 'Writing profiles',
    commands: {
      init: async () => (await import('./commands/init.ts')).init,
      lint: async () => (await import('./commands/lint.ts')).lint,
      check: async () => (await import('./commands/check.ts')).check,
      can: async () => (await import('./commands/can.ts')).can,
      diff: async () => (await import('./commands/diff.ts')).diff,
      summary: async () => (await import('./commands/summary.ts')).summary,
      fmt: async () => (await import('./commands/fmt.ts')).fmt,
      explain: async () => (await import('./commands/explain.ts')).explain,
      lsp: async () => (await import('./commands/lsp.ts')).lsp,
    },
  },
  {
    title: 'Publishing',
    commands: {
      publish: async () => (await import('./commands/publish.ts')).publish,
      'channel set': async () => (await import('./commands/channel-set.ts')).channelSet,
      yank: async () => (await import('./commands/yank.ts')).yank,
      deprecate: async () => (await import('./commands/deprecate.ts')).deprecate,
      visibility: async () => (await import('./commands/visibility.ts')).visibility,
      transfer: async () => (await import('./commands/transfer.ts')).transfer,
      'key generate': async () => (await import('./commands/key-generate.ts')).keyGenerate,
      'key add': async () => (await import('./commands/key-add.ts')).keyAdd,
      'key list': async () => (await import('./commands/key-list.ts')).keyList,
      'key rotate': async () => (await import('./commands/key-rotate.ts')).keyRotate,
      'key revoke': async () => (await import('./commands/key-revoke.ts')).keyRevoke,
    },
  },
  {
    title: 'Accounts and teams',
    commands: {
      login: async () => (await import('./commands/login.ts')).login,
      logout: async () => (await import('./commands/logout.ts')).logout,
      whoami: async () => (await import('./commands/whoami.ts')).whoami,
      'token create': async () => (await import('./commands/token-create.ts')).tokenCreate,
      'token list': async () => (await import('./commands/token-list.ts')).tokenList,
      'token revoke': async () => (await import('./commands/token-revoke.ts')).tokenRevoke,
      'member add': async () => (await import('./commands/member-add.ts')).memberAdd,
      'member list': async () => (await import('./commands/member-list.ts')).memberList,
      'member remove': async () => (await import('./commands/member-remove.ts')).memberRemove,
      'team version-policy': async () =>
        (await import('./commands/team-version-policy.ts')).teamVersionPolicy,
      'publisher add': async () => (await import('./commands/publisher-add.ts')).publisherAdd,
      'publisher list': async () => (await import('./commands/publisher-list.ts')).publisherList,
      'publisher remove': async () =>
        (await import('./commands/publisher-remove.ts')).publisherRemove,
      'webhook add': async () => (await import('./commands/webhook-add.ts')).webhookAdd,
      'webhook list': async () => (await import('./commands/webhook-list.ts')).webhookList,
      'webhook test': async () => (await import('./commands/webhook-test.ts')).webhookTest,
      'webhook deliveries': async () =>
        (await import('./commands/webhook-deliveries.ts')).webhookDeliveries,
      'webhook remove': async () => (await import('./commands/webhook-remove.ts')).webhookRemove,
    },
  },
  {
    title: 'Fleet',
    commands: {
      fleet: async () => (await import('./commands/fleet.ts')).fleet,
      'fleet hosts': async () => (await import('./commands/fleet-hosts.ts')).fleetHosts,
      'fleet denials': async () => (await import('./commands/fleet-denials.ts')).fleetDenials,
      'fleet patch': async () => (await import('./commands/fleet-patch.ts')).fleetPatch,
      'fleet host label': async () =>
        (await import('./commands/fleet-host-label.ts')).fleetHostLabel,
      'fleet host rename': async () =>
        (await import('./commands/fleet-host-rename.ts')).fleetHostRename,
      'fleet host retire': async () =>
        (await import('./commands/fleet-host-retire.ts')).fleetHostRetire,
      'fleet token create': async () =>
        (await import('./commands/fleet-token-create.ts')).fleetTokenCreate,
      'fleet token list': async () =>
        (await import('./commands/fleet-token-list.ts')).fleetTokenList,
      'fleet token revoke': async () =>
        (await import('./commands/fleet-token-revoke.ts')).fleetTokenRevoke,
    },
  },
  {
    title: 'Log',
    commands: {
      'log verify': async () => (await import('./commands/log-verify.ts')).logVerify,
      'log watch': async () => (await import('./commands/log-watch.ts')).logWatch,
      'log witness': async () => (await import('./commands/log-witness.ts')).logWitness,
      'log key': async () => (await import('./commands/log-key.ts')).logKey,
    },
  },
  {
    title: 'Registry administration',
    commands: {
      'team create': async () => (await import('./commands/team-create.ts')).teamCreate,
      'team quota': async () => (await import('./commands/team-quota.ts')).teamQuota,
      'user create': async () => (await import('./commands/user-create.ts')).userCreate,
      'user list': async () => (await import('./commands/user-list.ts')).userList,
    },
  },
  {
    title: 'Running a registry',
    commands: {
      serve: async () => (await import('./commands/serve.ts')).serve,
      'admin backup': async () => (await import('./commands/admin-backup.ts')).adminBackup,
      'admin restore': async () => (await import('./commands/admin-restore.ts')).adminRestore,
      'admin base import': async () =>
        (await import('./commands/admin-base-import.ts')).adminBaseImport,
      'admin check': async () => (await import('./commands/admin-check.ts')).adminCheck,
    },
  },
  {
    title: 'This program',
    commands: {
      completion: async () => (await import('./commands/completion.ts')).completion,
    },
  },
];
