#!/usr/bin/perl
# Attempts what an attacker does who runs code in a server, each in a process that a profile confines.
#   attack PROFILE FOLDER…
# The folders are those that the server writes. Prints a line for each attempt: the error number, 0 if nothing refused it,
# a tab, and what was attempted.
use strict;
my ($profile, @folders) = @ARGV;

# A program to write: the smallest here that needs nothing.
my $program = do { local (@ARGV, $/) = "/usr/bin/busybox"; <> };
my $script = "#!/bin/sh\nexit 0\n";

# Another process, which no profile confines.
my $other = fork // die $!;
if (!$other) { $SIG{TERM} = "IGNORE"; sleep 1000; exit }

sub call { my ($number, @rest) = @_; syscall($number, @rest) < 0 ? $! + 0 : 0 }
sub reading { sysopen my $file, $_[0], 0 or return $! + 0; 0 }
sub writing { sysopen my $file, $_[0], 1 | 0x40 or return $! + 0; 0 }
sub run { my ($path, @words) = @_; exec { $path } @words; $! + 0 }
sub inet { my $socket; socket($socket, $_[0], $_[1], $_[2]) ? 0 : $! + 0 }

# Writes a file and returns its path, or nothing if that is refused.
sub written {
  my ($folder, $content) = @_;
  my $path = "$folder/attack.$$";
  sysopen my $file, $path, 1 | 0x40, 0755 or return;
  syswrite $file, $content;
  return $path;
}

my @attacks = map { my $path = $_; ["run $path", sub { run($path, $path, "--version") }] }
  qw(/usr/bin/sh /usr/bin/bash /usr/bin/perl /usr/bin/curl /usr/bin/busybox);
push @attacks, map { my $path = $_; ["read $path", sub { reading($path) }] }
  qw(/etc/shadow /root/.ssh/id_ed25519 /home/user/.aws/credentials /var/lib/kubelet/config
     /run/secrets/kubernetes.io/serviceaccount/token /proc/1/environ /proc/kcore /dev/vda);
push @attacks, map { my $path = $_; ["write $path", sub { writing($path) }] }
  qw(/etc/cron.d/attack /etc/ld.so.preload /etc/passwd /usr/bin/attack /usr/local/bin/attack /usr/lib/attack.so
     /root/.ssh/authorized_keys /opt/attack /srv/attack /proc/sys/kernel/core_pattern /proc/sys/vm/drop_caches
     /proc/sysrq-trigger /sys/module/kernel/parameters/panic /sys/kernel/security/apparmor/.remove);
push @attacks, (
  ["run a program from memory", sub {
    my $file = syscall 319, my $name = "attack", 0;
    open my $memory, ">&=", $file or return $! + 0;
    syswrite $memory, $program;
    run("/proc/self/fd/$file", "true");
  }],
  ["trace another process", sub { call(101, 16, $other, 0, 0) }],
  ["read another process's memory", sub { reading("/proc/$other/mem") }],
  ["signal another process", sub { kill("TERM", $other) ? 0 : $! + 0 }],
  ["open a raw socket", sub { inet(2, 3, 1) }],
  ["open a packet socket", sub { inet(17, 3, 0x300) }],
  ["mount", sub { my ($type, $at) = ("tmpfs", "/mnt"); call(165, $type, $at, $type, 0, 0) }],
  ["mount in a user namespace", sub {
    call(272, 0x10020000);
    my ($type, $at) = ("tmpfs", "/mnt");
    call(165, $type, $at, $type, 0, 0);
  }],
  ["unmount", sub { my $at = "/srv/mounted"; call(166, $at, 2) }],
  # The kernel then finds that this is no module.
  ["load a kernel module", sub { my $error = call(175, my $module = "x" x 100, 100, my $none = ""); $error == 8 ? 0 : $error }],
  ["make a device", sub { my $path = ($folders[0] // "/tmp") . "/device.$$"; call(133, $path, 0060600, 254 << 8) }],
  ["enter a root of its own", sub { my $at = "/srv"; call(161, $at) }],
  ["leave the profile", sub {
    open my $attribute, "+<", "/proc/self/attr/current" or return $! + 0;
    defined syswrite($attribute, "changeprofile unconfined") ? 0 : $! + 0;
  }],
);
for my $folder (@folders) {
  push @attacks, (
    ["run a script written to $folder", sub { run(written($folder, $script) // return $! + 0, "script") }],
    ["run a program written to $folder", sub { run(written($folder, $program) // return $! + 0, "true") }],
    ["map a library written to $folder", sub {
      open my $library, "<", written($folder, $program) // return $! + 0 or return $! + 0;
      call(9, 0, 4096, 5, 2, fileno $library, 0);
    }],
    ["follow a link in $folder to a secret", sub {
      my $path = "$folder/link.$$";
      symlink "/etc/shadow", $path or return $! + 0;
      reading($path);
    }],
  );
}

for my $attack (@attacks) {
  my ($what, $attempt) = @$attack;
  # Nothing is reported when the attempt became another program: it was not refused.
  pipe my $result, my $report;
  my $pid = fork // die $!;
  if (!$pid) {
    # Opened before the profile can refuse that.
    open my $attribute, "+<", "/proc/self/attr/current" or die $!;
    open STDOUT, ">", "/dev/null";
    open STDERR, ">", "/dev/null";
    defined syswrite $attribute, "changeprofile $profile" or die $!;
    syswrite $report, $attempt->();
    exit;
  }
  close $report;
  my $error = <$result> || 0;
  waitpid $pid, 0;
  print "$error\t$what\n";
}
kill "KILL", $other;
