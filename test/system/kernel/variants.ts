import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Writes the package `two`, with variants for AppArmor 3.0 and 4.0, below a folder; returns its folder. */
export async function packageWithVariants(folder: string): Promise<string> {
  const made = path.join(folder, 'two');
  await mkdir(made);
  const manifest = `name = "two"
description = "Has variants"
abi = "3.0"
license = "Apache-2.0"

[variants]
"3.0" = "two"
"4.0" = "two.4.0"
`;
  const policy = (abi: string, rule: string) =>
    `abi <abi/${abi}>,\n\nprofile two {\n  /** rix,\n${rule}}\n`;
  await writeFile(path.join(made, 'aa-profile.toml'), manifest);
  await writeFile(path.join(made, 'two'), policy('3.0', ''));
  await writeFile(path.join(made, 'two.4.0'), policy('4.0', '  userns create,\n'));
  return made;
}
