/** Whether an Accept-Encoding takes gzip. Without the header any coding will do (RFC 9110 §12.5.3). */
export const takesGzip = (accepted = 'gzip'): boolean => /(^|[ ,])(gzip|\*)(?! *; *q=0(\.0*)?( |,|$))/i.test(accepted)
