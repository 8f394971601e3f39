import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { FaultySmtp } from '../support/smtp-faults.ts';
import { closeAfterEach, faulty, mail, send, transportTo } from '../support/smtp-lab.ts';

closeAfterEach();
let server: FaultySmtp;
beforeEach(async () => {
  server = await faulty();
});

describe('a willing server', () => {
  it('takes the mail whole and says so', async () => {
    const content = Buffer.from('column;value\n');
    const sent = mail({
      headers: { 'Auto-Submitted': 'auto-generated' },
      attachments: [{ filename: 'files.csv', contentType: 'text/csv', content }],
    });
    expect(await send(transportTo(server.port), sent)).toEqual({
      outcome: 'sent',
      response: '250 2.0.0 Ok: queued as 1',
    });
    expect(server.messages).toHaveLength(1);
    const [{ messageId, to, raw } = { messageId: '', to: [], raw: '' }] = server.messages;
    expect({ messageId, to }).toEqual({ messageId: sent.messageId, to: [sent.to] });
    expect(raw).toContain('Auto-Submitted: auto-generated');
    expect(raw).toContain(content.toString('base64'));
    expect(raw).toContain('\r\n.\r\n..and a line of dots');
  });

  it('sees one recipient, whatever the address looks like', async () => {
    await send(transportTo(server.port), mail({ to: '"a@b.example, c"@example.org' }));
    expect(server.messages.map(({ to }) => to)).toEqual([['"a@b.example, c"@example.org']]);
  });

  it('is told before it gets any byte of the body', async () => {
    let release = () => {};
    const beforeBody = vi.fn(() => new Promise<void>((resolve) => (release = resolve)));
    const sending = transportTo(server.port).send(mail(), { beforeBody });
    await vi.waitFor(() => expect(beforeBody).toHaveBeenCalled());
    expect(server.commands.at(-1)).toBe('DATA');
    expect(server.bodyBytes).toBe(0);
    release();
    expect(await sending).toMatchObject({ outcome: 'sent' });
    expect(beforeBody).toHaveBeenCalledTimes(1);
    expect(server.bodyBytes).toBeGreaterThan(0);
  });

  it('gets nothing when the hand-over is called off, and the caller gets its own error back', async () => {
    const lost = new Error('the lease is lost');
    const over = transportTo(server.port);
    await expect(over.send(mail(), { beforeBody: () => Promise.reject(lost) })).rejects.toBe(lost);
    expect(Object.keys(lost)).toEqual([]);
    await vi.waitFor(() => expect(server.open).toBe(0));
    expect(server.bodyBytes).toBe(0);
    expect(await send(over)).toMatchObject({ outcome: 'sent' });
    expect(server.messages).toHaveLength(1);
  });

  it('serves many mails over one connection, pipelined where it offers that', async () => {
    server = await faulty({ announce: ['PIPELINING', '8BITMIME'] });
    const over = transportTo(server.port);
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => send(over)));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['sent', 'sent', 'sent', 'sent']);
    expect(server.connections).toBe(1);
  });

  it('lets a mail under way finish when the transport closes', async () => {
    server.faults.next = [{ at: 'dot', delayMs: 100 }];
    const over = transportTo(server.port);
    const sending = send(over);
    await vi.waitFor(() => expect(server.commands).toContain('.'));
    await over.close();
    expect(await sending).toMatchObject({ outcome: 'sent' });
    expect(await send(over)).toMatchObject({ outcome: 'transient' });
  });
});
