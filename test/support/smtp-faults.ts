import { createServer, type Server, type Socket } from 'node:net';

/**
 * An SMTP server (RFC 5321) that misbehaves on request. Faults can be set at any moment, also while a
 * conversation is going on; without one it accepts everything.
 */

/** `body` is reached once some of the body has arrived, `dot` once all of it has and is stored. */
export type Stage =
  | 'connect'
  | 'greeting'
  | 'ehlo'
  | 'starttls'
  | 'auth'
  | 'mail'
  | 'rcpt'
  | 'data'
  | 'body'
  | 'dot'
  | 'rset'
  | 'quit';

/** What happens at a stage instead of the usual answer; `delayMs` alone only makes it slow. */
export interface Fault {
  at: Stage;
  /** Answered as it is. A 421 ends the connection, as RFC 5321 says. */
  reply?: string;
  /** No answer, ever. */
  hang?: boolean;
  /** The connection is cut. */
  drop?: boolean;
  /** Waits first: so many milliseconds, or for what the test does meanwhile. */
  delayMs?: number;
  until?: Promise<unknown>;
}

/** Where a conversation is, for faults chosen by a function. Counters start at 1. */
export interface Moment {
  stage: Stage;
  connection: number;
  message: number;
  to: string[];
}

export interface StoredMessage {
  messageId: string;
  raw: string;
  to: string[];
}

export interface FaultySmtpOptions {
  /** Capabilities announced after EHLO, such as `PIPELINING` or `SIZE 1000`. */
  announce?: string[];
  /** Requires this login before MAIL and announces AUTH. */
  auth?: { user: string; pass: string };
}

export interface FaultySmtp {
  port: number;
  /** Answered with 250 after the final dot. */
  messages: StoredMessage[];
  /** Stored in full, but the answer was held back by a hang or a drop at `dot`. */
  unanswered: StoredMessage[];
  /** Every command received, in order; `.` stands for the end of a body. */
  commands: string[];
  /** Bytes received as bodies so far, finished or not. */
  bodyBytes: number;
  /** Connections accepted so far. */
  connections: number;
  /** Connections open now. */
  open: number;
  /** The first entry waits for its stage, is used once and makes way for the next. */
  faults: { next: Fault[] };
  /** Asked at every stage after `faults.next`; undefined takes it away again. */
  script(choose: ((moment: Moment) => Fault | undefined) | undefined): void;
  /** Stops listening and cuts every connection: connecting is refused until `listen` is called. */
  refuse(): Promise<void>;
  /** Listens again on the same port. */
  listen(): Promise<void>;
  close(): Promise<void>;
}

/** Starts the server on a free port of 127.0.0.1. */
export async function startFaultySmtp(options: FaultySmtpOptions = {}): Promise<FaultySmtp> {
  const sockets = new Set<Socket>();
  let choose: ((moment: Moment) => Fault | undefined) | undefined;
  let listener: Server | undefined;

  const smtp: FaultySmtp = {
    port: 0,
    messages: [],
    unanswered: [],
    commands: [],
    bodyBytes: 0,
    connections: 0,
    get open() {
      return sockets.size;
    },
    faults: { next: [] },
    script(chosen) {
      choose = chosen;
    },
    async listen() {
      const server = createServer((socket) => {
        const connection = ++smtp.connections;
        sockets.add(socket);
        socket.on('error', () => socket.destroy());
        socket.once('close', () => sockets.delete(socket));
        converse(socket, connection, smtp, options, pick).catch(() => socket.destroy());
      });
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(smtp.port, '127.0.0.1', resolve);
      });
      smtp.port = (server.address() as { port: number }).port;
      listener = server;
    },
    async refuse() {
      const closed = new Promise((resolve) => listener?.close(resolve) ?? resolve(undefined));
      for (const socket of sockets) socket.destroy();
      await closed;
      listener = undefined;
    },
    close: () => smtp.refuse(),
  };

  function pick(moment: Moment): Fault | undefined {
    if (smtp.faults.next[0]?.at === moment.stage) return smtp.faults.next.shift();
    const fault = choose?.(moment);
    return fault?.at === moment.stage ? fault : undefined;
  }

  await smtp.listen();
  return smtp;
}

/** Thrown inside a conversation to leave it. */
const OVER = Symbol('over');

async function converse(
  socket: Socket,
  connection: number,
  smtp: FaultySmtp,
  { announce = [], auth }: FaultySmtpOptions,
  pick: (moment: Moment) => Fault | undefined,
): Promise<void> {
  const lines = readLines(socket);
  let to: string[] = [];
  let message = 1;
  let loggedIn = !auth;

  /** Answers, unless a fault says otherwise. Returns the reply that was sent. */
  async function answer(stage: Stage, usual: string, withheld?: () => void): Promise<string> {
    const fault = pick({ stage, connection, message, to });
    await fault?.until;
    if (fault?.delayMs) await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
    if (fault?.drop || fault?.hang) {
      withheld?.();
      if (fault.drop) socket.destroy();
      throw OVER;
    }
    const reply = fault?.reply ?? usual;
    if (reply) socket.write(`${reply}\r\n`);
    if (reply.startsWith('421')) {
      socket.end();
      throw OVER;
    }
    return reply;
  }

  async function next(): Promise<string> {
    const { value, done } = await lines.next();
    if (done) throw OVER;
    return value;
  }

  /** AUTH PLAIN with the credentials on the same line (RFC 4616). */
  async function login(command: string): Promise<void> {
    const given = Buffer.from(command.split(' ')[2] ?? '', 'base64').toString();
    const right = given === `\0${auth?.user}\0${auth?.pass}`;
    const usual = right ? '235 2.7.0 Accepted' : '535 5.7.8 Authentication credentials invalid';
    loggedIn = (await answer('auth', usual)).startsWith('2');
  }

  async function receive(): Promise<void> {
    const body: string[] = [];
    for (let line = await next(); line !== '.'; line = await next()) {
      smtp.bodyBytes += line.length + 2;
      body.push(line.startsWith('.') ? line.slice(1) : line);
      if (body.length === 1) await answer('body', '');
    }
    smtp.commands.push('.');
    const raw = `${body.join('\r\n')}\r\n`;
    const messageId = /^message-id:\s*(<[^>]+>)/im.exec(raw)?.[1] ?? '';
    const stored = { messageId, raw, to };
    const withheld = () => smtp.unanswered.push(stored);
    const reply = await answer('dot', `250 2.0.0 Ok: queued as ${message}`, withheld);
    if (reply.startsWith('2')) smtp.messages.push(stored);
    message += 1;
    to = [];
  }

  async function obey(command: string): Promise<void> {
    const verb = command.slice(0, 4).toUpperCase();
    const address = /<([^>]*)>/.exec(command)?.[1] ?? '';
    if (verb === 'EHLO') {
      const all = ['127.0.0.1', ...announce, ...(auth ? ['AUTH PLAIN'] : [])];
      const usual = all.map((word, i) => `250${i === all.length - 1 ? ' ' : '-'}${word}`);
      await answer('ehlo', usual.join('\r\n'));
    } else if (verb === 'HELO') await answer('ehlo', '250 127.0.0.1');
    else if (verb === 'STAR') await answer('starttls', '454 4.7.0 TLS not available');
    else if (verb === 'AUTH') await login(command);
    else if (verb === 'MAIL')
      await answer('mail', loggedIn ? '250 2.1.0 Ok' : '530 5.7.0 Authentication required');
    else if (verb === 'RCPT') {
      if ((await answer('rcpt', '250 2.1.5 Ok')).startsWith('2')) to = [...to, address];
    } else if (verb === 'DATA') {
      const usual = to.length > 0 ? '354 End data with <CR><LF>.<CR><LF>' : '503 5.5.1 RCPT first';
      if ((await answer('data', usual)).startsWith('354')) await receive();
    } else if (verb === 'RSET') {
      to = [];
      await answer('rset', '250 2.0.0 Ok');
    } else if (verb === 'QUIT') {
      await answer('quit', '221 2.0.0 Bye');
      socket.end();
      throw OVER;
    } else socket.write('502 5.5.2 Not implemented\r\n');
  }

  try {
    await answer('connect', '');
    await answer('greeting', '220 127.0.0.1 ESMTP');
    for (;;) {
      const command = await next();
      smtp.commands.push(command);
      await obey(command);
    }
  } catch (error) {
    if (error !== OVER) throw error;
  }
}

async function* readLines(socket: Socket): AsyncGenerator<string, undefined> {
  let rest = '';
  for await (const chunk of socket) {
    const lines = (rest + (chunk as Buffer).toString('latin1')).split('\r\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  return undefined;
}
