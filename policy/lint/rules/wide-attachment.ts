import { attachmentWord } from '../../attachments.ts';
import { outline } from '../../glob/related.ts';
import { allIn } from '../file-rules.ts';
import type { LintRule } from '../rule.ts';

const programs = [outline('/usr/bin/*'), outline('/bin/*')];

export const wideAttachment: LintRule = {
  id: 'wide-attachment',
  title: 'The profile attaches to every program',
  severity: 'warning',
  text: 'Once the profile is loaded, it confines every program that no other profile names, including the shell that should remove it.',
  fires: 'abi <abi/3.0>,\nprofile demo /** {\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n}\n',
  check(context) {
    for (const profile of context.profiles) {
      const word = attachmentWord(profile.report.profile);
      const path = word && context.expand(word.value, profile);
      if (
        word &&
        path !== undefined &&
        programs.some((one) => allIn(context, one, [{ outline: outline(path) }]))
      ) {
        context.report(word, 'This attaches to every program on the system.', {
          expected: 'the programs the profile is for',
        });
      }
    }
  },
};
