import { StoreError } from './store-error.ts';

/** What every listing says of itself, also an empty one. */
interface ListingFields {
  Name?: string;
  IsTruncated?: boolean;
}

/** Access points may call themselves or the bucket behind them by another name than they were asked by. */
const isAccessPoint = (bucket: string) => /^arn:|-s3alias$/.test(bucket);

/**
 * The answer, if it is a listing of the bucket. The client reads any XML with status 200, and nothing at
 * all, as a listing without entries; that would prove everything gone.
 * @throws StoreError
 */
export function listingOf<Answer extends ListingFields>(
  bucket: string,
  operation: string,
  answer: Answer,
): Answer {
  const { Name, IsTruncated } = answer;
  if (!Name || IsTruncated === undefined)
    throw notS3(operation, 'no listing', '200 with something that is no listing of a bucket');
  if (Name !== bucket && !isAccessPoint(bucket))
    throw notS3(operation, 'other bucket', '200 with the listing of another bucket than S3_BUCKET');
  return answer;
}

/** Something answers, with success, but not as S3 does: a console, a proxy or a health page maybe. */
export function notS3(operation: string, code: string, answered: string): StoreError {
  return new StoreError({
    store: 's3',
    operation,
    code,
    configuration: true,
    advice: `S3_ENDPOINT answered ${answered}; see that it is the address of the S3 API, not of a console, a proxy or a health page`,
  });
}
