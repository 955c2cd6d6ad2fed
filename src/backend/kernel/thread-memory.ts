/**
 * The first bytes of a program's memory, through which its threads synchronise: how many have arrived, what runs next,
 * why a thread failed.
 */

/** the address of the number of threads that have arrived at the barrier */
export const arrivedAddr = 64
/** the address of the generation: the number of times that all of them have left it */
export const generationAddr = 128
/** the address of the index of the program to run next, followed by the number of turns */
export const commandAddr = 192
/** the address of the number of times that a thread polls the barrier before it sleeps */
export const spinCountAddr = commandAddr + 8
/** where a failed thread writes the reason: the length of a UTF-8 text, and the text */
export const failureAddr = 256
export const failureBytes = 256
/** the memory below this address is reserved for synchronisation */
export const reservedBytes = failureAddr + failureBytes

/** words that several threads write have separate cache lines */
export const counterBytes = 64
