import { expect, it } from 'vitest';
import { ownerOfRequest } from './correction-owner.ts';

const of = (company_id: number, bot_id: number) => ({ company_id, bot_id });

it.each([
  ['nobody knows the file', {}, [], {}],
  ['the request alone tells', { bot_id: 7 }, [], { bot_id: 7 }],
  ['our records alone tell', {}, [of(42, 7)], of(42, 7)],
  ['the request names the bot', { bot_id: 7 }, [of(42, 7)], of(42, 7)],
  ['the request names one of two', { company_id: 43 }, [of(42, 7), of(43, 8)], of(43, 8)],
  ['two bots of a company have it', {}, [of(42, 7), of(42, 8)], { company_id: 42 }],
  ['two companies have it', {}, [of(42, 7), of(43, 7)], { bot_id: 7 }],
])('%s', (_case, asked, owners, owner) => {
  expect(ownerOfRequest(asked, owners)).toEqual({ owner });
});

it.each([
  ['another company', { company_id: 43, bot_id: 7 }, [of(42, 7)], 'company_id'],
  ['another bot', { bot_id: 9 }, [of(42, 7), of(43, 8)], 'bot_id'],
  ['the bot of another owner', { company_id: 42, bot_id: 8 }, [of(42, 7), of(43, 8)], 'bot_id'],
])('%s contradicts our records', (_case, asked, owners, field) => {
  expect(ownerOfRequest(asked, owners)).toEqual({ contradiction: field });
});
