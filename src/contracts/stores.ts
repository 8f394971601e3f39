/** The stores that may hold something of a file: object storage, the vector store, the CMS. */
export const STORE_NAMES = ['s3', 'chroma', 'cms'] as const;
export type StoreName = (typeof STORE_NAMES)[number];
