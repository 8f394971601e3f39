import type { Locale } from './locale.ts';

export const en: Locale = {
  language: 'en',
  batch: {
    headline: {
      first: {
        ready: { one: '{n} file is ready', other: '{n} files are ready' },
        failed: {
          one: '{n} file could not be processed',
          other: '{n} files could not be processed',
        },
        unfinished: {
          one: '{n} file is still in progress',
          other: '{n} files are still in progress',
        },
      },
      next: {
        ready: { one: '{n} is ready', other: '{n} are ready' },
        failed: { other: '{n} could not be processed' },
        unfinished: { one: '{n} is still in progress', other: '{n} are still in progress' },
      },
    },
    subject: {
      ready: { one: '{n} file ready', other: '{n} files ready' },
      failed: { one: '{n} file failed', other: '{n} files failed' },
      unfinished: { one: '{n} file in progress', other: '{n} files in progress' },
    },
    single: {
      headline: {
        ready: 'Your file is ready',
        failed: 'Your file could not be processed',
        unfinished: 'Your file is still in progress',
      },
      subject: {
        ready: 'Ready: {name}',
        failed: 'Could not be processed: {name}',
        unfinished: 'Still in progress: {name}',
      },
    },
    bot: 'Knowledge bot {id}',
    stillRunning:
      'What is still in progress takes longer than usual. We will write again as soon as it is done.',
    attachment: 'The complete list of files is attached as a CSV file.',
    open: 'See all details',
    why: {
      threshold: 'We wrote now because enough of your files were done.',
      due: 'We wrote now because the waiting time from your settings was over.',
      max_age: 'We wrote now because the longest waiting time was over.',
      manual: 'An operator asked for this report ahead of time.',
    },
    recipient: 'Sent to {email}',
    reference: 'Batch {id}',
  },
  files: {
    short: {
      ready: { other: '{n} ready' },
      failed: { other: '{n} failed' },
      unfinished: { other: '{n} in progress' },
    },
    section: {
      ready: 'Ready',
      failed: 'Could not be processed',
      unfinished: 'Still in progress',
    },
    more: { other: 'and {n} more' },
    unnamed: 'File without a name',
    chunks: { one: '{n} text passage', other: '{n} text passages' },
    message: 'Technical message',
  },
  reasons: {
    file_not_found: 'The file was no longer where it had been uploaded. Please upload it again.',
    s3_error: 'The file could not be fetched from storage. Please upload it again.',
    processing_error:
      'The file could not be read. It may be damaged, password-protected or in a format the bot does not understand.',
    storage_error:
      'The file was read, but its text could not be saved for the bot. Please upload it again.',
    unknown: 'Something went wrong while the file was being processed.',
  },
  cleanup: {
    places: { s3: 'file storage', chroma: 'the search index', cms: 'the CMS' },
    removed: 'Removed from {places}.',
    restored: 'Put back in {places}.',
    pending: 'Still being removed from {places}.',
    approval: 'Waiting for an operator to approve its removal from {places}.',
    failed: 'Could not be removed from {places}; an operator has to look into it.',
    cancelled: 'The clean-up was called off; nothing was removed.',
    restCancelled: 'The rest of the clean-up was called off.',
    trial: 'Trial run, nothing was removed: it would have gone from {places}.',
    nothing: 'There was nothing to clean up.',
  },
  conflict: {
    lost: {
      heading: 'Please upload again',
      text: 'The file is ready, but the clean-up after an earlier failure had already removed parts of it from {places}. Please upload it again.',
    },
    restored: {
      heading: 'Put back',
      text: 'The clean-up after an earlier failure had removed parts of this file from {places}. They have been put back; there is nothing for you to do.',
    },
  },
  summary: {
    title: { day: 'Your day in files', week: 'Your week in files' },
    subject: { day: 'Your day: {counts}', week: 'Your week: {counts}' },
    quiet: 'No files were reported in this time.',
    batches: 'Reports',
    failed: 'What could not be processed',
    moreBatches: { one: 'and {n} more report', other: 'and {n} more reports' },
    why: 'This is the summary of the reports sent to you.',
  },
  alerts: {
    correction_failed: {
      title: 'Clean-up gave up',
      action:
        'Fix the cause given above, then retry the correction. What was already removed is not removed again.',
    },
    correction_conflict: {
      title: 'A file succeeded while it was being cleaned up',
      action:
        'Check whether the file is complete in every store. If it is not, have it ingested again.',
    },
    correction_brake: {
      title: 'Clean-ups are paused: too many at once',
      action:
        'Find out why so many files fail. Then release the brake, and the held corrections go on, or cancel them. Mails to people are not affected.',
    },
    restore_failed: {
      title: 'What a clean-up removed could not be put back',
      action:
        'Look into the stores named above. Request the restore again once the cause is gone, or have the file ingested again.',
    },
    email_failed: {
      title: 'A mail could not be delivered',
      action:
        'Correct the address or the mail server, then resend the mail. Until then its owner does not know about these files.',
    },
    email_unknown: {
      title: 'A mail may or may not have been delivered',
      action:
        'Look for it in the mail server’s log. If it was accepted, mark the mail as sent; if not, resend it.',
    },
    quota_exceeded: {
      title: 'The mail quota of a company is used up',
      action:
        'Raise the company’s quota in the CMS if more mails are to go out this month; it takes effect within five minutes. Otherwise mails go out again with the next calendar month (UTC). What is suppressed until then (quota_exceeded) is not sent later: the request below lists it.',
    },
    queue_failed: {
      title: 'A job failed for good',
      action: 'Fix the cause given above, then replay the failed jobs of this queue.',
    },
    job_refused: {
      title: 'A job does not fit its queue',
      action:
        'Nothing of it was done, and trying again cannot help. Have its producer correct what is named above and send it again, then remove this job in Bull Board.',
    },
    store_misconfigured: {
      title: 'A store refuses what its settings ask for',
      action:
        'Correct the settings or the rights given above. Corrections wait for it and go on by themselves.',
    },
  },
  alert: {
    since: 'Since',
    reason: 'What happened',
    action: 'What to do',
    details: 'Details',
    request: 'Request',
    open: 'Open',
    why: 'You receive this because you are the operator of this installation.',
  },
  unsubscribe: {
    action: 'Stop these mails',
    ask: {
      title: 'Stop these mails?',
      text: '{person} will get no more mails about files of {bot}.',
      note: 'Files are processed as before. Mails about other bots are not affected.',
    },
    done: {
      title: 'These mails stop',
      text: '{person} gets no more mails about files of {bot}.',
      note: 'To get them again, turn notifications on in the settings of the application.',
    },
    expired: {
      title: 'This link has expired',
      text: 'Use the link in a newer mail, or change your notification settings in the application.',
    },
    unknown: {
      title: 'This link does not work',
      text: 'It may have been cut off on its way. Try the link in the mail again, or change your notification settings in the application.',
    },
    unavailable: {
      title: 'Please try again in a minute',
      text: 'Our records cannot be reached just now. Reload this page soon; doing it twice does no harm.',
    },
  },
  zone: 'Times are given in {zone}.',
};
