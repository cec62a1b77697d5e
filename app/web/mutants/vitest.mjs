/** As much of vitest as the tests of the protocol use, so that they run once more for each change, and nothing else does. */

import { customMatchers, JestAsymmetricMatchers, JestChaiExpect, JestExtend } from "@vitest/expect"
import * as chai from "chai"

chai.use(JestExtend)
chai.use(JestChaiExpect)
chai.use(JestAsymmetricMatchers)

/** Every test that was declared, in its order. */
export const tests = (globalThis.__tests = [])

chai.expect.extend(chai.expect, customMatchers)

export const expect = chai.expect

export function test(name, body) {
    tests.push({ name, run: () => body() })
}

test.each = (cases) => (name, body) => {
    for (const each of cases) tests.push({ name, run: () => (Array.isArray(each) ? body(...each) : body(each)) })
}
