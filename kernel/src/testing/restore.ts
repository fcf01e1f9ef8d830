import type { Database } from '../database.ts'

/** Remembers all rows of these schemas inside the database itself. Sequences go on: their numbers are no state. */
export async function keepCopies(database: Database, schemas: readonly string[]): Promise<void> {
  await database.query('CREATE SCHEMA kit')
  await database.query(
    `CREATE TABLE kit.copies AS
     SELECT format('%I.%I', n.nspname, c.relname) AS original, format('kit.%I', c.oid::text) AS copy,
       string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS columns
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
     WHERE c.relkind = 'r' AND n.nspname = ANY($1::text[]) GROUP BY n.nspname, c.relname, c.oid`,
    [schemas],
  )
  await database.query(`DO $$ DECLARE c record; BEGIN
    FOR c IN SELECT * FROM kit.copies LOOP
      EXECUTE format('CREATE TABLE %s AS SELECT %s FROM %s', c.copy, c.columns, c.original);
    END LOOP;
  END $$`)
}

/** Puts the remembered rows back. */
export async function restoreCopies(database: Database): Promise<void> {
  await database.query(`DO $$ DECLARE c record; BEGIN
    -- Neither foreign keys nor triggers have a say in this.
    SET LOCAL session_replication_role = replica;
    FOR c IN SELECT * FROM kit.copies LOOP
      EXECUTE 'DELETE FROM ' || c.original;
      EXECUTE format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s',
        c.original, c.columns, c.columns, c.copy);
    END LOOP;
  END $$`)
}
