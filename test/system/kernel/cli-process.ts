import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { command } from '../../command.ts';

/** Runs the requests of one-process.sh: a folder for each, with the arguments and a FIFO for the exit code. */
async function runRequests(): Promise<void> {
  const env = { PATH: process.env.PATH, HOME: '/root' };
  // Opened for writing too: otherwise it would end with the first request.
  const requests = createReadStream('/run/aa-registry-requests', { flags: 'r+' });
  for await (const folder of createInterface({ input: requests })) {
    const args = readFileSync(`${folder}/arguments`, 'utf8').split('\0').slice(0, -1);
    // An error of the test, such as a message that names a wrong command, must not end the process, which others wait for.
    const { code, stdout, stderr } = await command(args, env).catch((error: Error) => ({
      code: 70,
      stdout: '',
      stderr: `${error.stack}\n`,
    }));
    writeFileSync(`${folder}/stdout`, stdout);
    writeFileSync(`${folder}/stderr`, stderr);
    writeFileSync(`${folder}/code`, `${code}\n`);
  }
}

void runRequests();
