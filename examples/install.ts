// Installs a profile as "aa-registry pull" does; / is this machine: node install.ts docker-nginx /mnt/image
import { pull } from 'aa-registry';

const pulled = await pull(process.argv[2] ?? '', { root: process.argv[3] });
console.log(pulled.ok ? pulled.file : `refused: ${pulled.reason} [${pulled.id}]`);
