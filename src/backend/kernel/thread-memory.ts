/** The first bytes of a program's memory, in which its threads meet: who has arrived, what runs next, why one of them failed. */

/** the address of how many threads have arrived at the barrier */
export const arrivedAddr = 64
/** and of how often all of them have left it */
export const generationAddr = 128
/** and of the number of the program to run next, after which comes how often it runs */
export const commandAddr = 192
/** and of how many times a thread looks at the barrier before it sleeps */
export const spinCountAddr = commandAddr + 8
/** where a thread that fails says why: the length of a text, and the text in UTF-8 */
export const failureAddr = 256
export const failureBytes = 256
/** what lies below belongs to the threads */
export const reservedBytes = failureAddr + failureBytes

/** words that several threads write are in cache lines of their own */
export const counterBytes = 64
