import type { HardwareFacts } from '@vigie/agent/report'
import { Field, Int, ObjectType } from 'type-graphql'
import { BigIntScalar } from '../graphql/scalars.ts'

@ObjectType({ simpleResolvers: true, description: 'A network card' })
export class NetworkCard {
  @Field(() => String, { description: "The kernel's name, such as eno1" })
  name!: string

  @Field(() => String, { nullable: true, description: 'MAC; null = not told' })
  address!: string | null

  @Field(() => String, { nullable: true, description: 'Null = not told' })
  driver!: string | null

  @Field(() => Int, { nullable: true, description: 'Mbit/s of its link; null = it has none, or not told' })
  speedMbit!: number | null
}

@ObjectType({ simpleResolvers: true, description: 'A graphics card' })
export class GraphicsCard {
  @Field(() => String, { description: 'Vendor and model, or their PCI numbers where lspci is not installed' })
  name!: string

  @Field(() => String, { nullable: true, description: 'Null = none is loaded for it' })
  driver!: string | null
}

@ObjectType({
  simpleResolvers: true,
  description:
    'What a machine is made of, beside its disks. Null anywhere = not told; a container tells of no boards and cards',
})
export class MachineHardware implements HardwareFacts {
  @Field(() => String, { nullable: true })
  cpuModel!: string | null

  @Field(() => Int, { nullable: true })
  sockets!: number | null

  @Field(() => Int, { nullable: true, description: 'Of all sockets' })
  cores!: number | null

  @Field(() => Int, { nullable: true, description: 'Processors that its kernel sees' })
  threads!: number | null

  @Field(() => BigIntScalar, {
    nullable: true,
    description: 'Bytes that its kernel can use: somewhat less than is built in',
  })
  memoryBytes!: number | null

  @Field(() => String, { nullable: true, description: 'Vendor and product' })
  system!: string | null

  @Field(() => String, { nullable: true, description: 'Vendor and product of its main board' })
  board!: string | null

  @Field(() => String, { nullable: true, description: 'Vendor, version and day of its BIOS or UEFI' })
  firmware!: string | null

  @Field(() => String, { nullable: true, description: 'UEFI or BIOS; null = neither, or not told' })
  bootMode!: 'UEFI' | 'BIOS' | null

  @Field(() => [NetworkCard], { description: 'Without what is virtual' })
  networkCards!: NetworkCard[]

  @Field(() => [GraphicsCard])
  gpus!: GraphicsCard[]
}
