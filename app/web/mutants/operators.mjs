/**
 * The changes to a module of TypeScript, all of them in one text: each stands behind a question whether it is the one that
 * is being tried, `__m(7) ? changed : original`. What they are is what `tests/mutants/operators.py` does to Python.
 */

import ts from "typescript"

const { SyntaxKind } = ts

const ORDER = { "<": "<=", "<=": "<", ">": ">=", ">=": ">" }
const OPPOSITE = { "===": "!==", "!==": "===" }
const ARITHMETIC = { "+": "-", "-": "+", "*": "/", "/": "*", "%": "*", "|": "&", "&": "|", "^": "&", "+=": "-=", "|=": "&=" }
const LOGICAL = new Set(["&&", "||", "??"])
const METHODS = new Map([["every", "some"], ["some", "every"], ["max", "min"], ["min", "max"]])
const REASONED = new Set(["NotAuthentic", "Rollback"])

const ENDED = new Set([
    SyntaxKind.ExpressionStatement,
    SyntaxKind.VariableStatement,
    SyntaxKind.ReturnStatement,
    SyntaxKind.ThrowStatement,
    SyntaxKind.ContinueStatement,
    SyntaxKind.PropertyDeclaration,
])

/** `text` with all changes in it, and what each is: its number in the text (from 1) and its key. */
export function withMutants(text, name) {
    const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true)
    const mutants = []
    const counted = new Map()

    function add(node, changed) {
        const spot = `${scopeOf(node)}: ${short(node.getText())} → ${short(changed)}`
        const times = (counted.get(spot) ?? 0) + 1
        counted.set(spot, times)
        mutants.push({ number: mutants.length + 1, key: times > 1 ? `${spot} (${times})` : spot })
        return mutants.length
    }

    function written(node) {
        const questions = changesOf(node).map((changed) => `__m(${add(node, changed)})?(${changed}):`)
        let whole = ""
        let place = node.getStart()
        ts.forEachChild(node, (child) => {
            if (isUntouched(child, node)) return
            whole += text.slice(place, child.getStart()) + written(child)
            place = child.end
        })
        whole += text.slice(place, node.end)
        // What follows may begin with a parenthesis now, which would go on with a line that has no end.
        if (ENDED.has(node.kind) && !whole.endsWith(";")) whole += ";"
        return questions.length ? `(${questions.join("")}(${whole}))` : whole
    }

    return { text: written(file), mutants }
}

function isUntouched(node, parent) {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node)) return true
    if (ts.isTypeAliasDeclaration(node) || ts.isExportDeclaration(node) || ts.isTypeParameterDeclaration(node)) return true
    if (parent.name === node || parent.propertyName === node) return true
    // What is assigned to is no value.
    return ts.isBinaryExpression(parent) && parent.operatorToken.kind === SyntaxKind.EqualsToken && parent.left === node
}

function changesOf(node) {
    const { parent } = node
    const text = node.getText()
    const isAsked = parent && (ts.isIfStatement(parent) || isLogical(parent))
    if (parent && ts.isIfStatement(parent) && parent.expression === node)
        return [...(leaves(parent.thenStatement) && !parent.elseStatement ? ["false"] : ["false", "true"]), ...asValue(node, text, true)]
    if (parent && ts.isWhileStatement(parent) && parent.expression === node) return ["false", ...asValue(node, text, true)]
    if (parent && ts.isExpressionStatement(parent)) {
        const call = ts.isAwaitExpression(node) ? node.expression : node
        return ts.isCallExpression(call) && call.expression.kind !== SyntaxKind.SuperKeyword ? ["void 0"] : asValue(node, text, false)
    }
    return asValue(node, text, isAsked)
}

function asValue(node, text, isAsked) {
    const { parent } = node
    if (ts.isBinaryExpression(node)) {
        const operator = node.operatorToken.getText()
        const [left, right] = [node.left.getText(), node.right.getText()]
        if (LOGICAL.has(operator)) return [left, right]
        const other = ORDER[operator] ?? (isAsked ? undefined : OPPOSITE[operator]) ?? ARITHMETIC[operator]
        return other ? [`${left} ${other} ${right}`] : []
    }
    if (ts.isPrefixUnaryExpression(node) && node.operator === SyntaxKind.ExclamationToken)
        return isAsked ? [] : [node.operand.getText()]
    if (ts.isConditionalExpression(node)) return [node.whenTrue.getText(), node.whenFalse.getText()]
    if (ts.isNumericLiteral(node)) {
        const value = Number(text.replaceAll("_", ""))
        return value >= 8 ? [`${value + 1}`, `${value + Math.floor(value / 4)}`] : [`${value + 1}`]
    }
    if (node.kind === SyntaxKind.TrueKeyword) return ["false"]
    if (node.kind === SyntaxKind.FalseKeyword) return ["true"]
    if (ts.isStringLiteral(node)) return isReason(parent, node) || isCompared(parent) ? [JSON.stringify("another")] : []
    if (ts.isRegularExpressionLiteral(node)) return patterns(text)
    if (ts.isArrayLiteralExpression(node) && isTable(node))
        return node.elements.map((_, place) => `[${node.elements.filter((_, other) => other !== place).map((each) => each.getText()).join(", ")}]`)
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
        const { name, expression } = node.expression
        const other = METHODS.get(name.text)
        return other ? [expression.getText() + text.slice(expression.getText().length).replace(name.text, other)] : []
    }
    return []
}

/** A pattern without an end to it, with a repetition more, without a flag. */
function patterns(text) {
    const [, body, flags] = /^\/(.*)\/([a-z]*)$/s.exec(text) ?? []
    const found = new Set()
    if (body.startsWith("^")) found.add(`/${body.slice(1)}/${flags}`)
    if (body.endsWith("$")) found.add(`/${body.slice(0, -1)}/${flags}`)
    for (const { index, 0: bound, 1: least } of body.matchAll(/\{(\d+)/g))
        found.add(`/${body.slice(0, index)}{${Number(least) + 1}${body.slice(index + bound.length)}/${flags}`)
    if (flags.includes("y")) found.add(`/${body}/${flags.replace("y", "g")}`)
    return [...found]
}

function isLogical(node) {
    return ts.isBinaryExpression(node) && LOGICAL.has(node.operatorToken.getText())
}

function isReason(parent, node) {
    return ts.isNewExpression(parent) && REASONED.has(parent.expression.getText()) && parent.arguments?.[0] === node
}

function isCompared(parent) {
    return (ts.isBinaryExpression(parent) && parent.operatorToken.getText() in OPPOSITE) || ts.isCaseClause(parent)
}

/** Lists that say what is allowed: those of the module, and those of a set. */
function isTable(node) {
    if (ts.isNewExpression(node.parent) && node.parent.expression.getText() === "Set") return true
    for (let each = node.parent; each; each = each.parent) if (ts.isFunctionLike(each) || ts.isClassLike(each)) return false
    return true
}

function leaves(statement) {
    const last = ts.isBlock(statement) ? statement.statements.at(-1) : statement
    return last !== undefined && (ts.isThrowStatement(last) || ts.isReturnStatement(last) || ts.isContinueStatement(last))
}

function scopeOf(node) {
    const names = []
    for (let each = node.parent; each; each = each.parent)
        if ((ts.isFunctionDeclaration(each) || ts.isMethodDeclaration(each) || ts.isClassDeclaration(each)) && each.name)
            names.unshift(each.name.getText())
    return names.join(".") || "module"
}

function short(text) {
    const line = text.replace(/\s+/g, " ")
    return line.length <= 160 ? line : `${line.slice(0, 100)}…${line.slice(-50)}`
}
