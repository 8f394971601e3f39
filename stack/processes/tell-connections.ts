import { subscribe } from 'node:diagnostics_channel';
import { writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connectionLine } from './ready.ts';

/**
 * Loaded before an entry that is started here: the process writes to its log that it was connected to, once
 * for each of its ports and whatever its log level. So an answer can be told from that of another program
 * on the same port.
 */

const STANDARD_OUTPUT = 1;
const told = new Set<number>();

subscribe('net.server.socket', (message) => {
  const { localPort } = (message as { socket: Socket }).socket;
  if (localPort === undefined || told.has(localPort)) return;
  told.add(localPort);
  writeSync(STANDARD_OUTPUT, connectionLine(localPort));
});
