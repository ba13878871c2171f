import { aliasesOf } from '../../model/model.ts';
import type { LintRule } from '../rule.ts';

/** Folders of the system's own files. */
const system = ['/bin', '/boot', '/dev', '/etc', '/lib', '/proc', '/root', '/run', '/sbin', '/sys'];

export const riskyAlias: LintRule = {
  id: 'risky-alias',
  title: 'An alias reaches files of the system',
  severity: 'warning',
  text: 'An alias repeats every file rule for another path, in every profile of the file and of its includes: with `alias /srv/ -> /proc/sys/`, a rule for /srv/data also allows /proc/sys/data. Write the rules that are needed instead.',
  fires:
    'abi <abi/3.0>,\nalias /srv/demo/ -> /proc/sys/,\nprofile demo /usr/bin/demo {\n  /srv/demo/data r,\n}\n',
  clean:
    'abi <abi/3.0>,\nalias /var/lib/demo/ -> /srv/demo/,\nprofile demo /usr/bin/demo {\n  /var/lib/demo/data r,\n}\n',
  check({ analysis, file, report }) {
    const own = new Set<unknown>(file.statements);
    for (const alias of aliasesOf(analysis)) {
      if (!own.has(alias)) continue;
      const to = alias.to.value.replace(/^@\{PROC\}/, '/proc').replace(/^@\{(sys|run)\}/, '/$1');
      const place = system.find((one) => to === one || to.startsWith(`${one}/`));
      if (place)
        report(alias, `Every file rule for ${alias.from.text} also applies below ${place}.`, {
          expected: 'rules for the files that are needed there',
        });
    }
  },
};
