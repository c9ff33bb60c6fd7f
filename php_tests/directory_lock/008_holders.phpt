--TEST--
getHolders(): this process, others, several, those of whom it cannot be known, and never a dead one
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path_alone();
$lock = new Sitelock\DirectoryLock($path, 'ours');
check('nobody', $lock->getHolders() === [] && entries(dirname($path)) === []);
mkdir($path);
touch($path, 1000000000);
check('an empty directory: nobody, and it is left as it is', $lock->getHolders() === [] && filemtime($path) === 1000000000);
rmdir($path);

$start = microtime(true);
$lock->acquire();
$holders = $lock->getHolders();
$self = $holders[0];
check('this process', count($holders) === 1 && $self->isSelf() && $self->getPid() === getmypid() && $self->isAlive() === true);
check('exclusive, nothing special', !$self->isShared() && !$self->isAncestor() && !$self->isInherited() && $self->getEnd() === null);
check('its label, command, user, host', $self->getLabel() === 'ours' && $self->getCommand() !== ''
    && $self->getUser() === posix_getpwuid(posix_geteuid())['name'] && $self->getHost() === php_uname('n'));
check('since when', $self->getSince() >= $start - 0.1 && $self->getSince() <= microtime(true));
$child = new Child('$h = (new Sitelock\DirectoryLock($path))->getHolders()[0]; say(($h->isAncestor() ? "ancestor" : "stranger") . ($h->isSelf() ? " self" : "") . ", pid " . $h->getPid());', $path);
check('a child tool sees its ancestor', $child->hear() === 'ancestor, pid ' . getmypid());
$child->wait();
$lock->release();
check('a Holder does not change with the lock', $self->isAlive() === true && $lock->getHolders() === []);

$child = new Child('$lock = new Sitelock\DirectoryLock($path, "nightly backup"); $lock->acquire(); say("locked"); hear();', $path);
$child->hear();
$names = records($path);
$holder = $lock->getHolders()[0];
check('another process', $holder->getPid() === $child->pid() && $holder->isAlive() === true && !$holder->isSelf() && $holder->getLabel() === 'nightly backup');
$pattern = sprintf('/^pid %d \(%s@%s, ".+", nightly backup\) for \d+ s, exclusive$/', $child->pid(), preg_quote($holder->getUser(), '/'), preg_quote($holder->getHost(), '/'));
check('a sentence', (bool) preg_match($pattern, (string) $holder));
check('looking changes nothing', records($path) === $names);
// Whoever may write the record may write anything into it.
$record = record($path);
file_put_contents($record, "rubbish\n");
$holder = $lock->getHolders()[0];
check('with rubbish in the record: who it is says the kernel', count($lock->getHolders()) === 1 && $holder->getPid() === $child->pid() && $holder->isAlive() === true && $holder->getSince() === null);
file_put_contents($record, '');
check('with nothing in it', $lock->getHolders()[0]->getPid() === $child->pid() && $lock->acquire() === false);
$child->kill();
check('killed: nobody, though the record is there', $lock->getHolders() === [] && record($path) === $record);
unlink($record);

// Waiting: since when it has it, not since when it wanted it.
$lock->acquire();
$waiter = new Child('$lock = new Sitelock\DirectoryLock($path, "waited"); $lock->acquire(INF); say("locked"); hear();', $path);
wait_for_waiters(record($path), 1);
$second = (int) microtime(true);
wait_until(function () use ($second) { return (int) microtime(true) > $second; });
$start = microtime(true);
$lock->release();
$waiter->hear();
check('since when it has it', $lock->getHolders()[0]->getSince() >= $start - 0.1);
$waiter->wait();

$children = [];
for ($i = 0; $i < 4; $i++) {
    $children[] = directory_holder($path, 'acquireShared');
}
$lock->acquireShared();
$pids = array_map(function ($h) { return $h->getPid(); }, $lock->getHolders());
$expected = array_merge([getmypid()], array_map(function ($c) { return $c->pid(); }, $children));
sort($pids);
sort($expected);
check('many: each once', $pids === $expected);
check('all shared and alive, one of them is us', array_filter($lock->getHolders(), function ($h) { return !$h->isShared() || $h->isAlive() !== true; }) === []
    && count(array_filter($lock->getHolders(), function ($h) { return $h->isSelf(); })) === 1);
$lock->release();
array_pop($children)->kill();
try {
    $lock->synchronized(function () {}, 0.0);
} catch (Sitelock\BusyException $e) {
    check('without us and a dead one', count($e->getHolders()) === 3 && substr_count($e->getMessage(), ' by pid ') === 3);
}
foreach ($children as $child) {
    $child->wait();
}
dead_owner($path, 'acquireShared');
check('a dead one alone: nobody, and his record stays', $lock->getHolders() === [] && count(records($path)) === 1);
check('until somebody wants it', $lock->acquire());
$lock->release();

// Granted flocks prove nothing if they lie on another kind of file system.
foreach (['acquire', 'acquireShared'] as $how) {
    $record = unknown_owner($path, $how);
    $holders = $lock->getHolders();
    $unknown = $holders[0];
    check("unknown, $how", count($holders) === 1 && $unknown->isAlive() === null && $unknown->getPid() === null && !$unknown->isSelf() && $unknown->isShared() === ($how === 'acquireShared'));
    check('what his record says is told', $unknown->getLabel() === 'dead' && $unknown->getHost() === php_uname('n') && $unknown->getUser() !== '' && $unknown->getCommand() !== '' && $unknown->getSince() > $start);
    check('also in a sentence', strpos((string) $unknown, 'a process that cannot be seen from here (') === 0);
    check('he counts as an owner', $lock->acquire() === false && $lock->acquire(0.1) === false && $lock->acquireShared() === ($how === 'acquireShared'));
    $lock->release();
    check('and stays', record($path) === $record);
    unlink($record);
}
mkdir("$path/data");
touch("$path/data/precious");
touch("$path/file");
check('what is no record counts as an owner too', $lock->acquire() === false && $lock->acquireShared() === false && count($lock->getHolders()) === 2 && $lock->getHolders()[0]->isAlive() === null);
check('and is left alone', $lock->breakStale() === false && entries($path) === ['data', 'file'] && is_file("$path/data/precious") && entries(dirname($path)) === [basename($path)]);
?>
--EXPECT--
ok nobody
ok an empty directory: nobody, and it is left as it is
ok this process
ok exclusive, nothing special
ok its label, command, user, host
ok since when
ok a child tool sees its ancestor
ok a Holder does not change with the lock
ok another process
ok a sentence
ok looking changes nothing
ok with rubbish in the record: who it is says the kernel
ok with nothing in it
ok killed: nobody, though the record is there
ok since when it has it
ok many: each once
ok all shared and alive, one of them is us
ok without us and a dead one
ok a dead one alone: nobody, and his record stays
ok until somebody wants it
ok unknown, acquire
ok what his record says is told
ok also in a sentence
ok he counts as an owner
ok and stays
ok unknown, acquireShared
ok what his record says is told
ok also in a sentence
ok he counts as an owner
ok and stays
ok what is no record counts as an owner too
ok and is left alone
