// The contract's errors, as classes to throw.

/** What all errors of the contract are. */
export class BackendError extends Error {
  /**
   * @param {import("../index.js").Failure} payload
   * @param {string} message
   * @param {ErrorOptions} [options]
   */
  constructor(payload, message, options) {
    super(message, options);
    this.name = new.target.name;
    // Where the engine looks for what was thrown, in the contract's form.
    this.payload = payload;
  }
}

/** An error that holds words alone. */
class Worded extends BackendError {
  /**
   * @param {"invalid" | "unsupported" | "malformed"} tag
   * @param {string} message
   */
  constructor(tag, message) {
    super({ tag, val: unicode(message) }, message);
  }
}

/** An error that holds words and a code. */
class Detailed extends BackendError {
  /**
   * @param {"denied" | "unauthenticated" | "unavailable" | "conflict" | "other"} tag
   * @param {string} message
   * @param {import("../index.js").Detail} options
   */
  constructor(tag, message, { code = "", ...options }) {
    super({ tag, val: { code, message: unicode(message) } }, message, options);
  }
}

export class NotFound extends BackendError {
  constructor() {
    super({ tag: "not-found" }, "there is no such secret");
  }
}

export class Invalid extends Worded {
  /** @param {string} message */
  constructor(message) {
    super("invalid", message);
  }
}

export class Denied extends Detailed {
  /**
   * @param {string} message
   * @param {import("../index.js").Detail} [options]
   */
  constructor(message, options = {}) {
    super("denied", message, options);
  }
}

export class Unauthenticated extends Detailed {
  /**
   * @param {string} message
   * @param {import("../index.js").Detail} [options]
   */
  constructor(message, options = {}) {
    super("unauthenticated", message, options);
  }
}

export class RateLimited extends BackendError {
  /** @param {number} [seconds] */
  constructor(seconds) {
    const known = seconds !== undefined && seconds >= 0 && seconds <= 0xffffffff;
    super({ tag: "rate-limited", val: known ? Math.ceil(seconds) : null }, "the upstream asks to wait");
  }
}

export class Unavailable extends Detailed {
  /**
   * @param {string} message
   * @param {import("../index.js").Detail} [options]
   */
  constructor(message, options = {}) {
    super("unavailable", message, options);
  }
}

export class Timeout extends BackendError {
  constructor() {
    super({ tag: "timeout" }, "time ran out");
  }
}

export class Conflict extends Detailed {
  /**
   * @param {string} message
   * @param {import("../index.js").Detail} [options]
   */
  constructor(message, options = {}) {
    super("conflict", message, options);
  }
}

export class ApprovalRequired extends BackendError {
  /** @param {string} id */
  constructor(id) {
    super({ tag: "approval-required", val: unicode(id) }, "a person has to approve");
  }
}

export class Unsupported extends Worded {
  /** @param {string} message */
  constructor(message) {
    super("unsupported", message);
  }
}

export class Malformed extends Worded {
  /** @param {string} message */
  constructor(message) {
    super("malformed", message);
  }
}

export class Other extends Detailed {
  /**
   * @param {string} message
   * @param {import("../index.js").Detail} [options]
   */
  constructor(message, options = {}) {
    super("other", message, options);
  }
}

/**
 * Text that can cross the component's border, where half a character would be a trap.
 * @param {string} text
 */
function unicode(text) {
  return String(text).toWellFormed();
}
