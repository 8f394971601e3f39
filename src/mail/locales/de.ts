import type { Locale } from './locale.ts';

export const de: Locale = {
  language: 'de',
  batch: {
    headline: {
      first: {
        ready: { one: '{n} Datei ist bereit', other: '{n} Dateien sind bereit' },
        failed: {
          one: '{n} Datei konnte nicht verarbeitet werden',
          other: '{n} Dateien konnten nicht verarbeitet werden',
        },
        unfinished: {
          one: '{n} Datei ist noch in Arbeit',
          other: '{n} Dateien sind noch in Arbeit',
        },
      },
      next: {
        ready: { one: '{n} ist bereit', other: '{n} sind bereit' },
        failed: {
          one: '{n} konnte nicht verarbeitet werden',
          other: '{n} konnten nicht verarbeitet werden',
        },
        unfinished: { one: '{n} ist noch in Arbeit', other: '{n} sind noch in Arbeit' },
      },
    },
    subject: {
      ready: { one: '{n} Datei bereit', other: '{n} Dateien bereit' },
      failed: { one: '{n} Datei fehlgeschlagen', other: '{n} Dateien fehlgeschlagen' },
      unfinished: { one: '{n} Datei in Arbeit', other: '{n} Dateien in Arbeit' },
    },
    single: {
      headline: {
        ready: 'Ihre Datei ist bereit',
        failed: 'Ihre Datei konnte nicht verarbeitet werden',
        unfinished: 'Ihre Datei ist noch in Arbeit',
      },
      subject: {
        ready: 'Bereit: {name}',
        failed: 'Nicht verarbeitet: {name}',
        unfinished: 'Noch in Arbeit: {name}',
      },
    },
    bot: 'Wissens-Bot {id}',
    stillRunning:
      'Was noch in Arbeit ist, dauert länger als üblich. Wir schreiben Ihnen wieder, sobald es fertig ist.',
    attachment: 'Die vollständige Dateiliste ist als CSV-Datei angehängt.',
    open: 'Alle Einzelheiten ansehen',
    why: {
      threshold: 'Wir schreiben jetzt, weil genügend Ihrer Dateien fertig sind.',
      due: 'Wir schreiben jetzt, weil die Wartezeit aus Ihren Einstellungen abgelaufen ist.',
      max_age: 'Wir schreiben jetzt, weil die längste Wartezeit abgelaufen ist.',
      manual: 'Dieser Bericht wurde von der Betreuung vorzeitig angefordert.',
    },
    recipient: 'Gesendet an {email}',
    reference: 'Stapel {id}',
  },
  files: {
    short: {
      ready: { other: '{n} bereit' },
      failed: { other: '{n} fehlgeschlagen' },
      unfinished: { other: '{n} in Arbeit' },
    },
    section: {
      ready: 'Bereit',
      failed: 'Nicht verarbeitet',
      unfinished: 'Noch in Arbeit',
    },
    more: { one: 'und {n} weitere', other: 'und {n} weitere' },
    unnamed: 'Datei ohne Namen',
    chunks: { one: '{n} Textabschnitt', other: '{n} Textabschnitte' },
    message: 'Technische Meldung',
  },
  reasons: {
    file_not_found:
      'Die Datei lag nicht mehr dort, wo sie hochgeladen wurde. Bitte laden Sie sie erneut hoch.',
    s3_error:
      'Die Datei konnte nicht aus dem Speicher geholt werden. Bitte laden Sie sie erneut hoch.',
    processing_error:
      'Die Datei konnte nicht gelesen werden. Vielleicht ist sie beschädigt, mit einem Passwort geschützt oder in einem Format, das der Bot nicht versteht.',
    storage_error:
      'Die Datei wurde gelesen, ihr Text konnte aber nicht für den Bot gespeichert werden. Bitte laden Sie sie erneut hoch.',
    unknown: 'Bei der Verarbeitung der Datei ist etwas schiefgegangen.',
  },
  cleanup: {
    places: { s3: 'dem Dateispeicher', chroma: 'dem Suchindex', cms: 'dem CMS' },
    removed: 'Aus {places} entfernt.',
    restored: 'In {places} wiederhergestellt.',
    pending: 'Wird noch aus {places} entfernt.',
    approval: 'Wartet auf die Freigabe der Betreuung, um aus {places} entfernt zu werden.',
    failed: 'Konnte nicht aus {places} entfernt werden; die Betreuung muss sich darum kümmern.',
    cancelled: 'Das Aufräumen wurde abgesagt; nichts wurde entfernt.',
    restCancelled: 'Das weitere Aufräumen wurde abgesagt.',
    trial: 'Probelauf, nichts wurde entfernt: Sie wäre aus {places} entfernt worden.',
    nothing: 'Es gab nichts aufzuräumen.',
  },
  conflict: {
    lost: {
      heading: 'Bitte erneut hochladen',
      text: 'Die Datei ist bereit, beim Aufräumen nach einem früheren Fehler waren aber schon Teile davon aus {places} entfernt worden. Bitte laden Sie sie erneut hoch.',
    },
    restored: {
      heading: 'Wiederhergestellt',
      text: 'Beim Aufräumen nach einem früheren Fehler waren Teile dieser Datei aus {places} entfernt worden. Sie sind wiederhergestellt; Sie müssen nichts tun.',
    },
  },
  summary: {
    title: { day: 'Ihr Tag in Dateien', week: 'Ihre Woche in Dateien' },
    subject: { day: 'Ihr Tag: {counts}', week: 'Ihre Woche: {counts}' },
    quiet: 'In dieser Zeit gab es keine Dateien zu berichten.',
    batches: 'Berichte',
    failed: 'Was nicht verarbeitet werden konnte',
    moreBatches: { one: 'und {n} weiterer Bericht', other: 'und {n} weitere Berichte' },
    why: 'Das ist die Zusammenfassung der Berichte an Sie.',
  },
  alerts: {
    correction_failed: {
      title: 'Aufräumen aufgegeben',
      action:
        'Beheben Sie die oben genannte Ursache und starten Sie die Korrektur neu. Bereits Entferntes wird nicht noch einmal entfernt.',
    },
    correction_conflict: {
      title: 'Eine Datei wurde fertig, während sie aufgeräumt wurde',
      action:
        'Prüfen Sie, ob die Datei in allen Speichern vollständig ist. Wenn nicht, lassen Sie sie erneut verarbeiten.',
    },
    correction_brake: {
      title: 'Aufräumen angehalten: zu viele auf einmal',
      action:
        'Klären Sie, warum so viele Dateien scheitern. Lösen Sie dann die Bremse, und die angehaltenen Korrekturen laufen weiter, oder brechen Sie sie ab. E-Mails an Benutzer sind nicht betroffen.',
    },
    restore_failed: {
      title: 'Entferntes konnte nicht wiederhergestellt werden',
      action:
        'Sehen Sie in den oben genannten Speichern nach. Fordern Sie die Wiederherstellung erneut an, sobald die Ursache behoben ist, oder lassen Sie die Datei neu verarbeiten.',
    },
    email_failed: {
      title: 'Eine E-Mail konnte nicht zugestellt werden',
      action:
        'Berichtigen Sie die Adresse oder den Mailserver und senden Sie die E-Mail erneut. Bis dahin weiß niemand von diesen Dateien.',
    },
    email_unknown: {
      title: 'Eine E-Mail wurde vielleicht zugestellt, vielleicht nicht',
      action:
        'Suchen Sie sie im Protokoll des Mailservers. Wurde sie angenommen, markieren Sie sie als gesendet; wenn nicht, senden Sie sie erneut.',
    },
    quota_exceeded: {
      title: 'Das E-Mail-Kontingent einer Firma ist aufgebraucht',
      action:
        'Erhöhen Sie das Kontingent im CMS, wenn diesen Monat noch E-Mails hinausgehen sollen; das wirkt binnen fünf Minuten. Sonst geht es mit dem nächsten Kalendermonat (UTC) weiter. Was bis dahin unterdrückt wird (quota_exceeded), wird nicht nachgeholt: Die Anfrage unten listet es auf.',
    },
    queue_failed: {
      title: 'Ein Auftrag ist endgültig gescheitert',
      action:
        'Beheben Sie die oben genannte Ursache und spielen Sie die gescheiterten Aufträge dieser Warteschlange erneut ab.',
    },
    job_refused: {
      title: 'Ein Auftrag passt nicht in seine Warteschlange',
      action:
        'Nichts davon wurde ausgeführt, und ein neuer Versuch hilft nicht. Lassen Sie den Absender das oben Genannte berichtigen und ihn erneut schicken, und entfernen Sie dann diesen Auftrag im Bull Board.',
    },
    store_misconfigured: {
      title: 'Ein Speicher weist zurück, was seine Einstellungen verlangen',
      action:
        'Berichtigen Sie die oben genannten Einstellungen oder Rechte. Die Korrekturen warten darauf und gehen von selbst weiter.',
    },
  },
  alert: {
    since: 'Seit',
    reason: 'Was geschehen ist',
    action: 'Was zu tun ist',
    details: 'Einzelheiten',
    request: 'Anfrage',
    open: 'Öffnen',
    why: 'Sie erhalten diese Nachricht, weil Sie diese Installation betreuen.',
  },
  unsubscribe: {
    action: 'Diese Mails abbestellen',
    ask: {
      title: 'Diese Mails abbestellen?',
      text: '{person} bekommt dann keine Mails mehr über Dateien von {bot}.',
      note: 'Dateien werden verarbeitet wie bisher. Mails zu anderen Bots sind nicht betroffen.',
    },
    done: {
      title: 'Diese Mails sind abbestellt',
      text: '{person} bekommt keine Mails mehr über Dateien von {bot}.',
      note: 'Wenn Sie sie wieder möchten, schalten Sie die Benachrichtigungen in den Einstellungen der Anwendung ein.',
    },
    expired: {
      title: 'Dieser Link ist abgelaufen',
      text: 'Nehmen Sie den Link aus einer neueren Mail, oder ändern Sie die Benachrichtigungen in den Einstellungen der Anwendung.',
    },
    unknown: {
      title: 'Dieser Link funktioniert nicht',
      text: 'Vielleicht wurde er unterwegs abgeschnitten. Versuchen Sie es noch einmal mit dem Link in der Mail, oder ändern Sie die Benachrichtigungen in den Einstellungen der Anwendung.',
    },
    unavailable: {
      title: 'Bitte versuchen Sie es gleich noch einmal',
      text: 'Unsere Daten sind gerade nicht erreichbar. Laden Sie diese Seite in Kürze neu; zweimal schadet nicht.',
    },
  },
  zone: 'Zeitangaben in {zone}.',
};
