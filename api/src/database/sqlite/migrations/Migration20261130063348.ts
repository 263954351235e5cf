import { Migration } from '@mikro-orm/migrations'

export class Migration20261130063348 extends Migration {
  override name = 'Migration20261130063348'

  override up(): void {
    this.addSql(
      `create table \`demo_mark\` (\`id\` text not null primary key, \`first_day\` datetime not null, \`until\` datetime not null);`,
    )
  }

  override down(): void {
    this.addSql(`drop table if exists \`demo_mark\`;`)
  }
}
