import { Migration20261121135311 } from './migrations/Migration20261121135311.ts'
import { Migration20261121164642 } from './migrations/Migration20261121164642.ts'
import { Migration20261125195225 } from './migrations/Migration20261125195225.ts'
import { Migration20261125201242 } from './migrations/Migration20261125201242.ts'

import { Migration20261128055711 } from './migrations/Migration20261128055711.ts'
import { Migration20261128061410 } from './migrations/Migration20261128061410.ts'
import { Migration20261128063819 } from './migrations/Migration20261128063819.ts'
import { Migration20261128114813 } from './migrations/Migration20261128114813.ts'
import { Migration20261128150000 } from './migrations/Migration20261128150000.ts'
import { Migration20261128181536 } from './migrations/Migration20261128181536.ts'
import { Migration20261128223000 } from './migrations/Migration20261128223000.ts'
import { Migration20261129031000 } from './migrations/Migration20261129031000.ts'
import { Migration20261129104656 } from './migrations/Migration20261129104656.ts'
import { Migration20261129135154 } from './migrations/Migration20261129135154.ts'
import { Migration20261129151500 } from './migrations/Migration20261129151500.ts'
import { Migration20261130061956 } from './migrations/Migration20261130061956.ts'
import { Migration20261130063348 } from './migrations/Migration20261130063348.ts'
import { Migration20261130132013 } from './migrations/Migration20261130132013.ts'
import { Migration20261130182753 } from './migrations/Migration20261130182753.ts'
import { Migration20261130191322 } from './migrations/Migration20261130191322.ts'
import { Migration20261130221400 } from './migrations/Migration20261130221400.ts'
import { Migration20261201015756 } from './migrations/Migration20261201015756.ts'
import { Migration20261201024409 } from './migrations/Migration20261201024409.ts'
import { Migration20261201033952 } from './migrations/Migration20261201033952.ts'
import { Migration20261201124113 } from './migrations/Migration20261201124113.ts'
import { Migration20261201132818 } from './migrations/Migration20261201132818.ts'
import { Migration20261201141553 } from './migrations/Migration20261201141553.ts'
import { Migration20261201143613 } from './migrations/Migration20261201143613.ts'

/**
 * Every migration, the oldest first. By name and not by a pattern for files: in a folder with brackets in its name the
 * pattern finds none, and the start would go on with an empty database.
 */
export const migrations = [
  Migration20261121135311,
  Migration20261121164642,
  Migration20261125195225,
  Migration20261125201242,
  Migration20261128055711,
  Migration20261128061410,
  Migration20261128063819,
  Migration20261128114813,
  Migration20261128150000,
  Migration20261128181536,
  Migration20261128223000,
  Migration20261129031000,
  Migration20261129104656,
  Migration20261129135154,
  Migration20261129151500,
  Migration20261130061956,
  Migration20261130063348,
  Migration20261130132013,
  Migration20261130182753,
  Migration20261130191322,
  Migration20261130221400,
  Migration20261201015756,
  Migration20261201024409,
  Migration20261201033952,
  Migration20261201124113,
  Migration20261201132818,
  Migration20261201141553,
  Migration20261201143613,
]
