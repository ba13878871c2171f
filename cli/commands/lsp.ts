import { releases } from '../../policy/index.ts';
import { defineCommand } from '../framework/command.ts';
import { includeOptions } from '../include-options.ts';

export const lsp = defineCommand({
  name: 'lsp',
  summary: 'Serve an editor (Language Server Protocol)',
  args: [],
  options: {
    ...includeOptions,
    target: {
      type: 'string',
      choices: releases,
      description: 'Lint for this AppArmor release (default: the newest)',
    },
    stdio: {
      type: 'boolean',
      description: 'Use standard input and output, the default; some editors pass it',
    },
  },
  details:
    'Editors start this command and talk to it on standard input and output; docs/editors.md says how to ' +
    'configure them. Diagnostics are those of "lint", for a file in a package folder those of the package. Included files are ' +
    'read from --base and --include, and quoted ones from the folder of the file. The settings "target", ' +
    '"base" and "include" of the editor, in the section "aa-registry", override these options. With a target, the ' +
    'base policy is one that was fetched earlier or this machine’s; the registry is not contacted.',
  examples: ['aa-registry lsp --stdio', 'aa-registry lsp --target 4.1'],
  async run({ values, io }) {
    // Its library takes a tenth of a second to load, which help and completions would wait for.
    const { serveEditor } = await import('../lsp/server.ts');
    return serveEditor(io, values);
  },
});
