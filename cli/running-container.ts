import { type Container, findContainer } from '../sdk/host/containers.ts';
import { CliError, exit } from './framework/command.ts';

/** The running container that `text` names (see {@link findContainer}). Throws if there is none. */
export async function requireContainer(text: string): Promise<Container> {
  const { container, errors } = await findContainer(text);
  if (container) return container;
  const clients =
    errors.length === 0 ? 'No container client is installed to look up names' : errors.join('; ');
  throw new CliError(
    exit.failed,
    `There is no running container "${text}".`,
    `${clients}. Use at least 12 digits of its id, or the id of one of its processes.`,
  );
}
