import type { Wording } from './wording.ts';

const FLAG_ERROR = 'Bitte Ja oder Nein wählen';

export const german: Wording = {
  language: 'de',
  title: 'E-Mails zu Ihren Dateien',
  numbered: { company: (id) => `Firma ${id}`, bot: (id) => `Bot ${id}` },
  notSetYet: 'Sie haben noch nichts geändert. Bis dahin gilt für Sie das Folgende.',
  saved: {
    title: 'Ihre Einstellungen sind gespeichert',
    text: 'Sie gelten sofort, auch für die Dateien, von denen Sie noch hören werden.',
  },
  save: 'Einstellungen speichern',
  leave: 'Seite verlassen',
  left: {
    title: 'Sie haben die Seite verlassen',
    text: 'Mit Ihrem Link kommen Sie wieder hierher.',
  },
  errors: 'Einige Einstellungen konnten nicht übernommen werden',
  errorPrefix: 'Fehler',
  groups: { when: 'Wann wir schreiben', what: 'Was wir schreiben', language: 'Sprache und Zeit' },
  fields: {
    notification_enabled: { label: 'E-Mails zu meinen Dateien schicken', error: FLAG_ERROR },
    notification_delay_minutes: {
      label: 'Minuten, die wir höchstens warten',
      hint: 'Was in dieser Zeit fertig wird, steht in einer E-Mail. 1 bis 1440.',
      error: 'Die Minuten müssen eine ganze Zahl von 1 bis 1440 sein',
    },
    batch_size_threshold: {
      label: 'Dateien, die für eine frühere E-Mail reichen',
      hint: 'Sobald so viele fertig sind, warten wir nicht länger. 1 bis 100.',
      error: 'Die Zahl der Dateien muss eine ganze Zahl von 1 bis 100 sein',
    },
    email_format: { label: 'Format', error: 'Bitte eines der Formate wählen' },
    include_success_details: {
      label: 'Gelungene Dateien aufzählen',
      hint: 'Sonst nennen wir nur ihre Zahl.',
      error: FLAG_ERROR,
    },
    include_error_details: {
      label: 'Sagen, warum Dateien gescheitert sind',
      hint: 'Sonst nennen wir nur ihre Namen.',
      error: FLAG_ERROR,
    },
    locale: {
      label: 'Sprache der E-Mails',
      hint: 'Englisch (en) oder Deutsch (de); bei allem anderen schreiben wir auf Englisch.',
      error: 'Die Sprache muss ein Sprachkürzel wie de oder en-GB sein, oder leer',
    },
    timezone: {
      label: 'Zeitzone',
      hint: 'Etwa Europe/Berlin. Leer lassen für UTC.',
      error: 'Die Zeitzone muss eine aus der Liste sein, etwa Europe/Berlin, oder leer',
    },
  },
  formats: { html: 'Mit Gestaltung (HTML)', text: 'Nur Text' },
  link: {
    none: {
      title: 'Bitte öffnen Sie Ihren Link',
      text: 'Öffnen Sie diese Seite mit Ihrem persönlichen Link; sie bleibt eine Stunde lang offen. Öffnen Sie ihn noch einmal, oder bitten Sie dort um einen neuen, wo Sie ihn bekommen haben.',
    },
    forged: {
      title: 'Dieser Link funktioniert nicht',
      text: 'Vielleicht ist er abgeschnitten. Kopieren Sie ihn ganz, oder bitten Sie dort um einen neuen, wo Sie ihn bekommen haben.',
    },
    expired: {
      title: 'Dieser Link ist abgelaufen',
      text: 'Bitten Sie dort um einen neuen, wo Sie ihn bekommen haben.',
    },
  },
  staleForm: {
    title: 'Es wurde nichts gespeichert',
    text: 'Die Seite war zu lange offen oder kam nicht von hier. Öffnen Sie Ihren Link noch einmal und speichern Sie erneut.',
  },
  failed: {
    title: 'Das hat nicht geklappt',
    text: 'Ihre Einstellungen konnten nicht gelesen oder gespeichert werden. Bitte versuchen Sie es in einer Minute noch einmal.',
  },
};
