/** Something that was asked for and will not be done. The code is stable, the message is for the person who asked. */
export class Refusal extends Error {
  readonly code: string;
  readonly statusCode: number;

  constructor(code: string, message: string, statusCode = 400) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
    this.statusCode = statusCode;
  }
}
