--TEST--
getHolders(): this process, others, those of whom it cannot be known, and never a dead one; it changes nothing
--FILE--
<?php
require __DIR__ . '/borg.inc';

$path = repository();
$lock = new Sitelock\BorgLock($path, HOST, 'ours');
check('nobody', $lock->getHolders() === [] && lock_files($path) === []);
foreach (['acquire' => false, 'acquireShared' => true] as $method => $shared) {
    $start = microtime(true);
    $lock->$method();
    $state = lock_state($path);
    $holders = $lock->getHolders();
    $self = $holders[0];
    check("$method, this process", count($holders) === 1 && $self->isSelf() && $self->getPid() === getmypid() && $self->isAlive() === true);
    check('how, and nothing special', $self->isShared() === $shared && !$self->isAncestor() && !$self->isInherited() && $self->getEnd() === null);
    check('its command, user, host', $self->getCommand() !== '' && $self->getUser() === posix_getpwuid(posix_geteuid())['name'] && $self->getHost() === php_uname('n'));
    check('since when, and what for, if borg\'s lock can say so', $shared || $self->getLabel() === 'ours' && $self->getSince() >= $start - 0.1 && $self->getSince() <= microtime(true) + 0.1);
    $child = new Child('$h = (new Sitelock\BorgLock($path, "web1@8796750862"))->getHolders()[0]; say(($h->isAncestor() ? "ancestor" : "stranger") . ($h->isSelf() ? " self" : "") . ", pid " . $h->getPid());', $path);
    check('a child tool sees its ancestor', $child->hear() === 'ancestor, pid ' . getmypid());
    $child->wait();
    check('looking changes nothing', lock_state($path) === $state);
    $lock->release();
    check('a Holder does not change with the lock', $self->isAlive() === true && $lock->getHolders() === []);
}

foreach (['acquire', 'acquireShared'] as $method) {
    $child = borg_holder($path, $method);
    $state = lock_state($path);
    $holder = $lock->getHolders()[0];
    check("$method, another process", count($lock->getHolders()) === 1 && $holder->getPid() === $child->pid() && $holder->isAlive() === true && !$holder->isSelf() && $holder->isShared() === ($method === 'acquireShared'));
    $pattern = sprintf('/^pid %d \(%s@%s, ".+"(, holder)?\)( for \d+ s)?, %s$/', $child->pid(), preg_quote($holder->getUser(), '/'), preg_quote($holder->getHost(), '/'), $method === 'acquire' ? 'exclusive' : 'shared');
    check('a sentence', (bool) preg_match($pattern, (string) $holder) || show("$holder\n"));
    check('looking changes nothing', lock_state($path) === $state);
    $child->kill();
    $state = lock_state($path);
    check('killed: nobody, though it is all there', $lock->getHolders() === [] && lock_state($path) === $state && lock_files($path) !== []);
    $lock->acquire();
    $lock->release();
}

// As borg writes it: an empty record.
$child = new Child('say("here"); hear();');
$child->hear();
put_record($path, record_name($child->pid()));
$holder = $lock->getHolders()[0];
check('a borg that lives', $holder->getPid() === $child->pid() && $holder->isAlive() === true && !$holder->isShared() && strpos($holder->getCommand(), 'php') !== false);
check('since when', abs($holder->getSince() - filemtime("$path/lock.exclusive/" . record_name($child->pid()))) < 2);
check('it is an owner', what_can_be_had($lock) === 'nothing');
remove_tree("$path/lock.exclusive");
put_readers($path, roster_entry($child->pid()));
$holder = $lock->getHolders()[0];
check('a reader of borg\'s that lives', $holder->getPid() === $child->pid() && $holder->isAlive() === true && $holder->isShared());
check('it is one', what_can_be_had($lock) === 'shared');
$child->wait();
check('and then it is none', $lock->getHolders() === [] && what_can_be_had($lock) === 'exclusive, shared');

// Of whom it cannot be known.
$dead = dead_pid();
foreach ([
    'of another host' => [$dead, 0, OTHER_HOST],
    'of another host, our own pid' => [getmypid(), 0, OTHER_HOST],
    'with a thread' => [$dead, 140234, HOST],
    'with a thread, our own pid' => [getmypid(), 1, HOST],
    'of no host we could tell' => [$dead, 0, 'web1'],
    'with a pid that no process has' => [1 << 40, 0, HOST],
] as $name => [$pid, $thread, $host]) {
    put_record($path, record_name($pid, $thread, $host));
    $state = lock_state($path);
    $holders = $lock->getHolders();
    check("$name: unknown", count($holders) === 1 && $holders[0]->isAlive() === null && $holders[0]->getPid() === null && !$holders[0]->isSelf() && !$holders[0]->isShared());
    check('it says what is known', strpos("{$holders[0]}", strtok($host, '@')) !== false && strpos((string) $holders[0], (string) $pid) !== false);
    check('it counts, and stays', what_can_be_had($lock) === 'nothing' && !$lock->breakStale() && lock_state($path) === $state);
    remove_tree("$path/lock.exclusive");

    put_readers($path, roster_entry($pid, $thread, $host));
    $state = lock_state($path);
    $holders = $lock->getHolders();
    check('as a reader: unknown', count($holders) === 1 && $holders[0]->isAlive() === null && $holders[0]->getPid() === null && !$holders[0]->isSelf() && $holders[0]->isShared());
    check('it counts', what_can_be_had($lock) === 'shared' && !$lock->breakStale());
    check('and stays', strpos(roster($path), roster_entry($pid, $thread, $host)) !== false);
    unlink("$path/lock.roster");
}
foreach (['rubbish', 'web1.x-0', 'web1.4711', '-0', 'web1@8796750862.0-0', 'web1@8796750862.-1-0', 'web1@8796750862.4711-', "nl\n.4711-0", 'web1@8796750862.04711-0', '.nfs000000'] as $name) {
    put_record($path, $name);
    $holders = $lock->getHolders();
    check('called as borg calls nobody: ' . json_encode_ascii($name), count($holders) === 1 && $holders[0]->isAlive() === null && $holders[0]->getPid() === null
        && what_can_be_had($lock) === 'nothing' && !$lock->breakStale() && exclusive_records($path) === [$name]);
    remove_tree("$path/lock.exclusive");
}
foreach (['a link' => function ($record) { symlink('/dev/null', $record); }, 'a FIFO' => function ($record) { posix_mkfifo($record, 0600); }, 'a directory' => 'mkdir'] as $kind => $make) {
    put_record($path, 'x');
    unlink("$path/lock.exclusive/x");
    $make("$path/lock.exclusive/" . record_name($dead));
    $state = lock_state($path);
    check("$kind is no record, whatever it is called", count($lock->getHolders()) === 1 && $lock->getHolders()[0]->isAlive() === null && what_can_be_had($lock) === 'nothing' && !$lock->breakStale() && lock_state($path) === $state);
    $kind === 'a directory' ? rmdir("$path/lock.exclusive/" . record_name($dead)) : unlink("$path/lock.exclusive/" . record_name($dead));
    rmdir("$path/lock.exclusive");
}

// Many at once.
$children = [];
for ($i = 0; $i < 4; $i++) {
    $children[] = borg_holder($path, 'acquireShared');
}
$lock->acquireShared();
$pids = array_map(function ($h) { return $h->getPid(); }, $lock->getHolders());
$expected = array_merge([getmypid()], array_map(function ($c) { return $c->pid(); }, $children));
sort($pids);
sort($expected);
check('many: each once', $pids === $expected);
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
$lock->breakStale();
check('nothing is left', lock_files($path) === []);

function json_encode_ascii(string $text): string
{
    return str_replace("\n", '\n', $text);
}
?>
--EXPECT--
ok nobody
ok acquire, this process
ok how, and nothing special
ok its command, user, host
ok since when, and what for, if borg's lock can say so
ok a child tool sees its ancestor
ok looking changes nothing
ok a Holder does not change with the lock
ok acquireShared, this process
ok how, and nothing special
ok its command, user, host
ok since when, and what for, if borg's lock can say so
ok a child tool sees its ancestor
ok looking changes nothing
ok a Holder does not change with the lock
ok acquire, another process
ok a sentence
ok looking changes nothing
ok killed: nobody, though it is all there
ok acquireShared, another process
ok a sentence
ok looking changes nothing
ok killed: nobody, though it is all there
ok a borg that lives
ok since when
ok it is an owner
ok a reader of borg's that lives
ok it is one
ok and then it is none
ok of another host: unknown
ok it says what is known
ok it counts, and stays
ok as a reader: unknown
ok it counts
ok and stays
ok of another host, our own pid: unknown
ok it says what is known
ok it counts, and stays
ok as a reader: unknown
ok it counts
ok and stays
ok with a thread: unknown
ok it says what is known
ok it counts, and stays
ok as a reader: unknown
ok it counts
ok and stays
ok with a thread, our own pid: unknown
ok it says what is known
ok it counts, and stays
ok as a reader: unknown
ok it counts
ok and stays
ok of no host we could tell: unknown
ok it says what is known
ok it counts, and stays
ok as a reader: unknown
ok it counts
ok and stays
ok with a pid that no process has: unknown
ok it says what is known
ok it counts, and stays
ok as a reader: unknown
ok it counts
ok and stays
ok called as borg calls nobody: rubbish
ok called as borg calls nobody: web1.x-0
ok called as borg calls nobody: web1.4711
ok called as borg calls nobody: -0
ok called as borg calls nobody: web1@8796750862.0-0
ok called as borg calls nobody: web1@8796750862.-1-0
ok called as borg calls nobody: web1@8796750862.4711-
ok called as borg calls nobody: nl\n.4711-0
ok called as borg calls nobody: web1@8796750862.04711-0
ok called as borg calls nobody: .nfs000000
ok a link is no record, whatever it is called
ok a FIFO is no record, whatever it is called
ok a directory is no record, whatever it is called
ok many: each once
ok without us and a dead one
ok nothing is left
