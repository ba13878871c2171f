import { topics as clientTopics, type Topic } from '../sdk/cli/index.ts';

/** Every command there is: the client's, and those that run the service's own code, which stand here. */
export const topics: Topic[] = [
  ...clientTopics,
  {
    title: 'Running a registry',
    commands: {
      serve: async () => (await import('./serve.ts')).serve,
      'admin backup': async () => (await import('./admin/backup.ts')).adminBackup,
      'admin restore': async () => (await import('./admin/restore.ts')).adminRestore,
      'admin check': async () => (await import('./admin/check.ts')).adminCheck,
    },
  },
  {
    title: 'This program',
    commands: {
      completion: async () => (await import('./completion.ts')).completion,
    },
  },
];
