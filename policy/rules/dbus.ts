import type { KeywordKind } from './kind.ts';

const message = new Set(['path', 'interface', 'member', 'peer']);

export const dbus: KeywordKind = {
  kind: 'dbus',
  keywords: ['dbus'],
  joinsReturn: true,
  section: 'DBus rules',
  access: ['send', 'receive', 'bind', 'eavesdrop', 'r', 'read', 'w', 'write', 'rw'],
  conditions: ['bus', 'path', 'interface', 'member', 'name', 'peer'],
  peer: ['name', 'label'],
  check(rule, report) {
    const about = rule.conditions.find((one) => message.has(one.name.value));
    const name = rule.conditions.find((one) => one.name.value === 'name');
    if (about && name) {
      report(
        'condition-conflict',
        name,
        `name= is about owning a bus name, ${about.name.value}= about messages; one rule cannot be about both.`,
        {
          expected: 'two rules, or peer=(name=…) for the other end of a message',
        },
      );
    }
    for (const access of rule.access) {
      const wrong =
        access.value === 'bind' ? about : access.value === 'eavesdrop' ? (about ?? name) : name;
      if (wrong) {
        report(
          'condition-conflict',
          wrong,
          `"${access.value}" cannot be given with ${wrong.name.value}=.`,
          {
            expected:
              access.value === 'bind'
                ? 'bus= or name='
                : access.value === 'eavesdrop'
                  ? 'bus= alone'
                  : 'bus=, path=, interface=, member= or peer=',
          },
        );
        return;
      }
    }
  },
};
