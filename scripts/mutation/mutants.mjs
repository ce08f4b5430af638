// Every small mistake that could be in a source: one change each.
import ts from 'typescript'

const { SyntaxKind: Kind } = ts

/** What stands for an operator; comparisons move their border, which is where mistakes are made. */
const OPERATORS = new Map([
  [Kind.LessThanToken, '<='],
  [Kind.LessThanEqualsToken, '<'],
  [Kind.GreaterThanToken, '>='],
  [Kind.GreaterThanEqualsToken, '>'],
  [Kind.EqualsEqualsEqualsToken, '!=='],
  [Kind.ExclamationEqualsEqualsToken, '==='],
  [Kind.PlusToken, '-'],
  [Kind.MinusToken, '+'],
  [Kind.AsteriskToken, '/'],
  [Kind.SlashToken, '*'],
  [Kind.AsteriskAsteriskToken, '*'],
  [Kind.PercentToken, '*'],
  [Kind.AmpersandToken, '|'],
  [Kind.BarToken, '&'],
  [Kind.CaretToken, '|'],
  [Kind.LessThanLessThanToken, '>>>'],
  [Kind.GreaterThanGreaterThanToken, '<<'],
  [Kind.GreaterThanGreaterThanGreaterThanToken, '<<'],
  [Kind.AmpersandAmpersandToken, '||'],
  [Kind.BarBarToken, '&&'],
  [Kind.QuestionQuestionToken, '&&'],
  [Kind.PlusEqualsToken, '-='],
  [Kind.MinusEqualsToken, '+='],
  [Kind.CaretEqualsToken, '|='],
  [Kind.GreaterThanGreaterThanGreaterThanEqualsToken, '<<='],
  [Kind.QuestionQuestionEqualsToken, '&&='],
])
const CALLS = new Map([
  ['Math.min', 'Math.max'],
  ['Math.max', 'Math.min'],
])

/** All mutants of `source`, each as `{ line, what, code }`: the place, the change, and the whole source with it. */
export function mutantsOf(file, source) {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.ES2023, true)
  const mutants = []
  const visit = (node) => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return
    for (const [at, text] of changesOf(node)) {
      const [start, end] = [at.getStart(tree), at.getEnd()]
      const line = tree.getLineAndCharacterOfPosition(start).line + 1
      const what = `${short(source.slice(start, end))} -> ${text === '' ? '(removed)' : text}`
      mutants.push({ line, what, code: source.slice(0, start) + text + source.slice(end) })
    }
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return mutants
}

/** Pairs of a node and the text that takes its place. */
function changesOf(node) {
  return [...inExpression(node), ...inCondition(node), ...inLiteral(node), ...inStatement(node)]
}

function inExpression(node) {
  if (ts.isBinaryExpression(node)) {
    const other = OPERATORS.get(node.operatorToken.kind)
    return other === undefined ? [] : [[node.operatorToken, other]]
  }
  if (ts.isCallExpression(node)) {
    const other = CALLS.get(node.expression.getText())
    return other === undefined ? [] : [[node.expression, other]]
  }
  if (ts.isPostfixUnaryExpression(node)) return [[node, node.operand.getText() + opposite(node.operator)]]
  if (!ts.isPrefixUnaryExpression(node)) return []
  const operand = node.operand.getText()
  if (node.operator === Kind.PlusPlusToken || node.operator === Kind.MinusMinusToken)
    return [[node, opposite(node.operator) + operand]]
  return [[node, operand]]
}

function opposite(operator) {
  return operator === Kind.PlusPlusToken ? '--' : '++'
}

/** What is decided is decided beforehand. A loop is only left out: for ever is found by the clock alone. */
function inCondition(node) {
  const both = (condition) => [
    [condition, 'true'],
    [condition, 'false'],
  ]
  if (ts.isIfStatement(node)) return both(node.expression)
  if (ts.isConditionalExpression(node)) return both(node.condition)
  if (ts.isWhileStatement(node)) return [[node.expression, 'false']]
  if (ts.isForStatement(node) && node.condition !== undefined) return [[node.condition, 'false']]
  return []
}

function inLiteral(node) {
  if (node.kind === Kind.TrueKeyword) return [[node, 'false']]
  if (node.kind === Kind.FalseKeyword) return [[node, 'true']]
  if (ts.isStringLiteral(node)) return [[node, node.text === '' ? "'changed'" : "''"]]
  if (!ts.isNumericLiteral(node)) return []
  const value = Number(node.text)
  return [
    [node, `${value + 1}`],
    [node, `(${value} - 1)`],
  ]
}

function inStatement(node) {
  if (ts.isReturnStatement(node)) {
    const value = node.expression?.getText() ?? 'undefined'
    return value === 'undefined' ? [] : [[node.expression, 'undefined']]
  }
  if (ts.isThrowStatement(node) || ts.isBreakOrContinueStatement(node)) return [[node, ';']]
  if (!ts.isExpressionStatement(node)) return []
  return node.expression.getText().startsWith('super(') ? [] : [[node, ';']]
}

function short(text) {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > 60 ? `${line.slice(0, 57)}...` : line
}
