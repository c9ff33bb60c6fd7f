--TEST--
breakStale() removes what dead processes of this host left, and nothing of those who live or of whom it cannot be known
--FILE--
<?php
require __DIR__ . '/borg.inc';

$path = repository();
$before = rest($path);
$lock = new Sitelock\BorgLock($path, HOST);
check('nothing there', $lock->breakStale() === false && lock_files($path) === []);
foreach (['acquire', 'acquireShared'] as $how) {
    killed_owner($path, $how);
    check("a dead owner, $how", lock_files($path) !== [] && $lock->breakStale() === true && lock_files($path) === []);
    check('once', $lock->breakStale() === false);
}
killed_owner($path, 'acquireShared');
put_readers($path, roster_entry(dead_pid()), roster_entry(dead_pid()));
check('two dead readers', $lock->breakStale() === true && lock_files($path) === []);
put_record($path, record_name(dead_pid()));
check('a dead borg', $lock->breakStale() === true && lock_files($path) === []);
put_record($path, record_name(dead_pid()));
put_record($path, record_name(dead_pid()));
check('two of them', $lock->breakStale() === true && lock_files($path) === []);
put_record($path, record_name(dead_pid()));
put_readers($path, roster_entry(dead_pid()));
check('a dead borg and a dead reader', $lock->breakStale() === true && lock_files($path) === []);
mkdir("$path/lock.exclusive");
check('an empty lock.exclusive kept nobody out', $lock->breakStale() === false && lock_files($path) === []);

foreach (['acquire', 'acquireShared'] as $how) {
    $holder = borg_holder($path, $how);
    $state = lock_state($path);
    check("a live owner, $how", $lock->breakStale() === false && lock_state($path) === $state);
    if ($how === 'acquireShared') {
        put_readers($path, roster_entry(dead_pid()), roster_entry($holder->pid()), roster_entry(4711, 0, OTHER_HOST));
        check('a dead one beside him', $lock->breakStale() === true && roster($path) === '{"shared": [' . roster_entry($holder->pid()) . ', ' . roster_entry(4711, 0, OTHER_HOST) . ']}');
        put_readers($path, roster_entry($holder->pid()));
    }
    $holder->tell('release');
    check('and he has lost nothing', $holder->hear() === 'released');
    $holder->wait();
}
foreach (['acquire', 'acquireShared'] as $how) {
    $lock->$how();
    $state = lock_state($path);
    $other = new Sitelock\BorgLock($path, HOST);
    check("ourselves, $how", $lock->breakStale() === false && $other->breakStale() === false && $lock->isAcquired() && lock_state($path) === $state);
    $lock->release();
}

// Of ours it is known that it is dead if its flock is free. But a borg whose pid it is takes the record for its own.
killed_owner($path);
$name = exclusive_records($path)[0];
rename("$path/lock.exclusive/$name", "$path/lock.exclusive/" . record_name(getmypid()));
check('our own pid, but nobody has it locked', $lock->getHolders() === [] && $lock->breakStale() === true && lock_files($path) === []);
$alive = new Child('say("here"); hear();');
$alive->hear();
killed_owner($path);
$name = exclusive_records($path)[0];
rename("$path/lock.exclusive/$name", "$path/lock.exclusive/" . record_name($alive->pid()));
check('somebody else has the pid now', $lock->getHolders()[0]->getPid() === $alive->pid() && $lock->breakStale() === false && what_can_be_had($lock) === 'nothing');
$alive->wait();
check('until that one ends', $lock->getHolders() === [] && $lock->breakStale() === true && lock_files($path) === []);
// That of a reader is all there is of him.
put_readers($path, roster_entry(getmypid()));
check('a reader of our own pid whom we know nothing of', $lock->getHolders() === [] && what_can_be_had($lock) === 'exclusive, shared' && lock_files($path) === []);
// And one of ours of another host id, in view of our flock.
foreach ([OTHER_HOST, HOST] as $host) {
    killed_owner($path, 'acquire', $host);
    check('who was killed under ' . ($host === HOST ? 'our own' : 'another') . ' host id was locked here', $lock->breakStale() === true && exclusive_records($path) === []);
    @unlink("$path/lock.roster");
}
killed_owner($path);
file_put_contents("$path/lock.exclusive/" . exclusive_records($path)[0], '');
check('one whose record was emptied', $lock->breakStale() === true && lock_files($path) === []);
killed_owner($path);
file_put_contents("$path/lock.exclusive/" . exclusive_records($path)[0], str_repeat("rubbish\n", 1000));
check('or overwritten', $lock->breakStale() === true && lock_files($path) === []);

// What dead processes had only prepared, borg's too.
$holder = borg_holder($path);
$dead = dead_pid();
$live = [];
foreach (['lock.exclusive.k3j2h1_a.tmp' => [$dead], 'lock.exclusive.' . str_repeat('0', 32) . '.tmp' => [$dead], 'lock.exclusive.two.tmp' => [$dead, dead_pid()],
    'lock.exclusive.alive.tmp' => [$holder->pid()], 'lock.exclusive.mixed.tmp' => [$dead, $holder->pid()]] as $name => $pids) {
    mkdir("$path/$name", 0700);
    foreach ($pids as $pid) {
        touch("$path/$name/" . record_name($pid));
    }
}
mkdir("$path/lock.exclusive.other_host.tmp");
touch("$path/lock.exclusive.other_host.tmp/" . record_name($dead, 0, OTHER_HOST));
mkdir("$path/lock.exclusive.threaded.tmp");
touch("$path/lock.exclusive.threaded.tmp/" . record_name($dead, 7));
mkdir("$path/lock.exclusive.empty.tmp");
mkdir("$path/lock.exclusive.precious.tmp");
touch("$path/lock.exclusive.precious.tmp/data");
touch("$path/lock.exclusive.file.tmp");
mkdir("$path/lock.exclusive.victim");
touch("$path/lock.exclusive.victim/" . record_name($dead));
symlink('lock.exclusive.victim', "$path/lock.exclusive.link.tmp");
mkdir("$path/lock.exclusive.old");
touch("$path/lock.exclusive.old/" . record_name($dead));
check('while somebody has the lock', $lock->breakStale() === false);
echo implode("\n", array_map(function ($name) use ($path, $holder, $dead) {
    return $name . (is_dir("$path/$name") && !is_link("$path/$name") ? ': ' . str_replace((string) $holder->pid(), 'HOLDER', str_replace((string) $dead, 'DEAD', implode(', ', entries("$path/$name")))) : '');
}, lock_files($path))), "\n";
$holder->tell('release');
check('he has lost nothing', $holder->hear() === 'released');
$holder->wait();
check('and nothing else was touched', rest($path) === $before);
?>
--EXPECT--
ok nothing there
ok a dead owner, acquire
ok once
ok a dead owner, acquireShared
ok once
ok two dead readers
ok a dead borg
ok two of them
ok a dead borg and a dead reader
ok an empty lock.exclusive kept nobody out
ok a live owner, acquire
ok and he has lost nothing
ok a live owner, acquireShared
ok a dead one beside him
ok and he has lost nothing
ok ourselves, acquire
ok ourselves, acquireShared
ok our own pid, but nobody has it locked
ok somebody else has the pid now
ok until that one ends
ok a reader of our own pid whom we know nothing of
ok who was killed under another host id was locked here
ok who was killed under our own host id was locked here
ok one whose record was emptied
ok or overwritten
ok while somebody has the lock
lock.exclusive: web1@8796750862.HOLDER-0
lock.exclusive.alive.tmp: web1@8796750862.HOLDER-0
lock.exclusive.empty.tmp: 
lock.exclusive.file.tmp
lock.exclusive.link.tmp
lock.exclusive.mixed.tmp: web1@8796750862.HOLDER-0
lock.exclusive.old: web1@8796750862.DEAD-0
lock.exclusive.other_host.tmp: web2@8796750863.DEAD-0
lock.exclusive.precious.tmp: data
lock.exclusive.threaded.tmp: web1@8796750862.DEAD-7
lock.exclusive.victim: web1@8796750862.DEAD-0
lock.roster
ok he has lost nothing
ok and nothing else was touched
