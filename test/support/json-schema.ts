/** The part of JSON Schema 2020-12 that report.schema.json uses. */
export interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema | false;
  readonly prefixItems?: readonly Schema[];
  readonly minItems?: number;
}

/**
 * Everything in which a value is not what the schema says. Stricter than JSON Schema: a key that the schema does not know is an error too.
 * @param used collects `DEFINITION.key` of every key met, and `DEFINITION=value` of every enumerated value
 */
export function violations(root: Schema, value: unknown, used: Set<string> = new Set()): string[] {
  return check(root, value, '$', { root, used, name: '' });
}

interface Context {
  readonly root: Schema;
  readonly used: Set<string>;
  readonly name: string;
}

function check(schema: Schema, value: unknown, path: string, context: Context): string[] {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace('#/$defs/', '');
    const target = context.root.$defs?.[name];
    return target ? check(target, value, path, { ...context, name }) : [`${path}: no definition ${name}`];
  }
  if (schema.anyOf) return anyOf(schema.anyOf, value, path, context);
  if ('const' in schema) return value === schema.const ? [] : [`${path}: not ${JSON.stringify(schema.const)}`];
  if (schema.enum) {
    context.used.add(`${context.name}=${String(value)}`);
    return schema.enum.includes(value)
      ? []
      : [`${path}: ${JSON.stringify(value)} is none of ${schema.enum.join(', ')}`];
  }
  if (schema.type === 'array') return array(schema, value, path, context);
  if (schema.type === 'object') return object(schema, value, path, context);
  const found = value === null ? 'null' : typeof value;
  return found === schema.type ? [] : [`${path}: ${found}, not ${schema.type}`];
}

function anyOf(parts: readonly Schema[], value: unknown, path: string, context: Context): string[] {
  const results = parts.map((part) => {
    const used = new Set<string>();
    return { used, found: check(part, value, path, { ...context, used }) };
  });
  const right = results.find(({ found }) => found.length === 0);
  for (const key of right?.used ?? []) context.used.add(key);
  return right ? [] : [`${path}: none of ${parts.length} forms: ${results.flatMap(({ found }) => found).join('; ')}`];
}

function array(schema: Schema, value: unknown, path: string, context: Context): string[] {
  if (!Array.isArray(value)) return [`${path}: not an array`];
  if (schema.minItems !== undefined && value.length < schema.minItems)
    return [`${path}: fewer than ${schema.minItems}`];
  return value.flatMap((x, i) => {
    const item = schema.prefixItems?.[i] ?? schema.items;
    return item ? check(item, x, `${path}[${i}]`, context) : [`${path}[${i}]: one too many`];
  });
}

function object(schema: Schema, value: unknown, path: string, context: Context): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path}: not an object`];
  const properties = schema.properties ?? {};
  const missing = (schema.required ?? [])
    .filter((key) => !Object.hasOwn(value, key))
    .map((key) => `${path}: no ${key}`);
  const unknown = Object.keys(value)
    .filter((key) => !Object.hasOwn(properties, key))
    .map((key) => `${path}: ${key} is unknown`);
  const inner = Object.entries(value).flatMap(([key, x]) => {
    context.used.add(`${context.name}.${key}`);
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
    return property ? check(property, x, `${path}.${key}`, context) : [];
  });
  return [...missing, ...unknown, ...inner];
}
