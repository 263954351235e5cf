/** What one answer of a list may hold (PageArgs of the API). */
export const LARGEST_PAGE = 500
