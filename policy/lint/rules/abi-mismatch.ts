import type { LintRule } from '../rule.ts';

/** The number of an abi file, such as `3.0` of `abi/3.0`; `undefined` of a kernel's own features, which have none. */
export function abiNumber(path: string): string | undefined {
  return /^(?:.*\/)?(\d+\.\d+)(?:-[^/]*)?$/.exec(path)?.[1];
}

export const abiMismatch: LintRule = {
  id: 'abi-mismatch',
  title: 'The manifest names another abi than the file',
  severity: 'error',
  text: 'The registry shows the abi of the manifest; apparmor_parser uses the abi rule of the file. They must be the same: `abi = "3.0"` in aa-profile.toml goes with `abi <abi/3.0>,`. An abi file with further features, such as abi/4.0-ip, goes with the number it starts with.',
  fires: 'abi <abi/4.0>,\nprofile demo {\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo {\n}\n',
  options: { manifestAbi: '3.0' },
  always: true,
  check({ file, options, report }) {
    const { manifestAbi } = options;
    if (manifestAbi === undefined) return;
    for (const one of file.statements) {
      const abi = one.kind === 'abi' ? abiNumber(one.path) : undefined;
      if (one.kind !== 'abi' || abi === undefined || abi === manifestAbi) continue;
      report(one.target, `The manifest says abi ${manifestAbi}, and the file abi ${abi}.`, {
        expected: `<abi/${manifestAbi}>, or abi = "${abi}" in the manifest`,
      });
    }
  },
};
