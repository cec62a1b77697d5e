/** What can go wrong in the protocol, told apart by what the caller should do. */

export class ProtocolError extends Error {}

/** Try again: a part of the client itself could not be fetched. */
export class Unavailable extends ProtocolError {}

/** Try the next key: the file is sealed to somebody else. */
export class NotMine extends ProtocolError {}

/** Stop: what was read is not what a person whom one trusts wrote. `reason` is a code (docs/protocol.md, section 9). */
export class NotAuthentic extends ProtocolError {
    readonly reason: string
    constructor(reason: string, message = reason) {
        super(message)
        this.reason = reason
    }
}

/** Stop: this is not written as the protocol has it, whoever wrote it. The message says where; it quotes nothing. */
export class Malformed extends NotAuthentic {
    constructor(message: string) {
        super("malformed", message)
    }
}

/** Stop: it is authentic, but older than what this client has seen, or another of the same version. */
export class Rollback extends NotAuthentic {}
