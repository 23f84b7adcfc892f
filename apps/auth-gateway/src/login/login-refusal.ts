import { type RefusalCode, refusals } from '@gatehouse/contracts';
import { SamlRefusal } from '@gatehouse/saml';

/** Why a login goes no further. The code and the detail are for administrators; the user reads a reference. */
export class LoginRefusal extends Error {
  override readonly name = 'LoginRefusal';
  readonly code: RefusalCode;
  readonly detail: string | undefined;
  constructor(code: RefusalCode, detail?: string, options?: ErrorOptions) {
    super(refusals[code], options);
    this.code = code;
    this.detail = detail;
  }
}

/** A refusal by the SAML library as one of ours; any other error stays what it is. */
export const toLoginRefusal = (error: unknown): LoginRefusal | undefined => {
  if (error instanceof LoginRefusal) return error;
  if (error instanceof SamlRefusal) return new LoginRefusal(error.code, error.detail, { cause: error });
  return undefined;
};

// What the user can mend by starting again, and what tells nothing about who is known here.
const startAgain: ReadonlySet<RefusalCode> = new Set([
  'attempt_unknown',
  'attempt_used',
  'browser_mismatch',
  'browser_unbound',
  'assertion_replayed',
  'too_many_pending',
  'saml_conditions_expired',
  'saml_session_over',
]);

/** Whether the user is told to start again; everybody else is told to ask his administrator. */
export const isMendedByStartingAgain = (code: RefusalCode): boolean => startAgain.has(code);
