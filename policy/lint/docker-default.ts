// The profile of profiles/docker-default, for the lint rules that compare with it; test/policy/lint.test.ts writes it.
export const dockerDefault = `# Takes the place of the profile that Docker applies to every container unless told otherwise: a container may do
# what its capabilities and namespaces let it do, except reach the host through /proc, /sys or a mount.

abi <abi/3.0>,

include <tunables/global>

profile docker-default flags=(attach_disconnected, mediate_deleted) {
  include <abstractions/base>

  # lint-ignore bare-capability: what a container may use is for Docker's --cap-add and --cap-drop to say
  capability,
  # lint-ignore bare-network: a container has a network of its own unless it is given the host's
  network,
  # The kernel's cryptography, the hypervisor, and protocols that the kernel has dropped: containers have no use for
  # them, and each has had holes.
  deny network alg,
  deny network vsock,
  deny network appletalk,
  deny network atmsvc,
  deny network ax25,
  deny network econet,
  deny network ipx,
  deny network irda,
  deny network netrom,
  deny network rose,
  deny network wanpipe,
  file,
  umount,

  # The runtime and the host's administrator stop a container by signal.
  signal (receive) peer=unconfined,
  signal (receive) peer={runc,crun},
  # A container's own processes signal, debug and inspect one another.
  # A process may have a stacked label: crun's first one, and one that containerd starts with exec.
  signal (send, receive) peer={@{profile_name},*//&@{profile_name},@{profile_name}//&*},
  ptrace (trace, read, tracedby, readby)
      peer={@{profile_name},*//&@{profile_name},@{profile_name}//&*},

  deny mount,

  # Of /proc only the numbered folders, the processes' own, may be written.
  deny @{PROC}/* wklx,
  deny @{PROC}/[^0-9]** wklx,
  # These may not even be read.
  deny @{PROC}/{sysrq-trigger,mem,kmem,kcore} rwklx,

  # Of /sys only /sys/fs/cgroup may be written, and there not the file that names a program for the kernel to
  # run outside.
  deny /sys/[^f]** wklx,
  deny /sys/f[^s]** wklx,
  deny /sys/fs/[^c]** wklx,
  deny /sys/fs/c[^g]** wklx,
  deny /sys/fs/cg[^r]** wklx,
  deny /sys/fs/cgroup/**/release_agent wklx,
  deny /sys/firmware/** rwklx,
  deny /sys/kernel/security/** rwklx,
  # Power readings betray what others compute on the same processor.
  deny /sys/devices/virtual/powercap/** rwklx,

  # What an administrator adds on this host, kept across updates.
  include if exists <local/docker-default>
}
`;
