// @parley/client/e2ee: media that only the participants can decode.

export type { CryptorStats } from './cryptor.js';
export {
  type EncryptionEvents,
  type EncryptionOptions,
  EndToEndEncryption,
} from './encryption.js';
