--TEST--
A host without a MAC address is called by a random number in each process, and nobody of "the same host" is judged by his pid
--SKIPIF--
<?php
if (posix_geteuid() !== 0) die('skip needs root');
exec('unshare --net true 2>&1', $output, $status);
if ($status !== 0) die('skip needs the right to make a network namespace: ' . implode($output));
?>
--FILE--
<?php
require __DIR__ . '/borg.inc';

/** Runs $code where there is no network but the loopback, and prints what it says. */
function without_network(string $path, string $code): array
{
    putenv('BORG_HOST_ID');
    $process = proc_open(array_merge(['unshare', '--net'], php_command(['-r', '$path = ' . var_export($path, true) . '; require ' . var_export(__DIR__ . '/borg.inc', true) . ';' . $code])),
        [1 => ['pipe', 'w']], $pipes);
    $lines = explode("\n", rtrim(stream_get_contents($pipes[1]), "\n"));
    proc_close($process);
    return $lines;
}

$path = repository();
$name_of = '$lock = new Sitelock\BorgLock($path); $lock->acquire(); say(preg_replace("/\\\\.\d+-0$/", "", exclusive_records($path)[0])); $lock->release();
    $lock->acquire(); say(preg_replace("/\\\\.\d+-0$/", "", exclusive_records($path)[0])); $lock->release();';
[$first, $again] = without_network($path, $name_of);
[$second] = without_network($path, $name_of);
check('the same in one process', $first === $again);
check('another one in the next', $first !== $second && strtok($first, '@') === strtok($second, '@'));
foreach ([$first, $second] as $host) {
    $number = (int) substr($host, strpos($host, '@') + 1);
    check('48 bits, with the one that says that it is random', $number < 1 << 48 && ($number >> 40 & 1) === 1);
}
check('nothing is left', lock_files($path) === []);

foreach (without_network($path, '
    $lock = new Sitelock\BorgLock($path);
    $lock->acquireShared();
    preg_match("/\"([^\"]+@[0-9]+)\"/", roster($path), $match);
    $host = $match[1];
    $lock->release();
    $dead = dead_pid();
    put_record($path, record_name($dead, 0, $host));
    say("a dead pid of that name: " . what_can_be_had($lock) . ", alive " . var_export($lock->getHolders()[0]->isAlive(), true) . ", breakStale " . var_export($lock->breakStale(), true));
    remove_tree("$path/lock.exclusive");
    put_readers($path, roster_entry($dead, 0, $host));
    say("on the roster: " . what_can_be_had($lock) . ", alive " . var_export($lock->getHolders()[0]->isAlive(), true) . ", breakStale " . var_export($lock->breakStale(), true));
    unlink("$path/lock.roster");
    foreach (["acquire", "acquireShared"] as $method) {
        $lock->$method();
        say("ourselves, $method: " . ($lock->isAcquired() && $lock->getHolders()[0]->isSelf() ? "held, self" : "NOT"));
        $lock->release();
    }
    say(lock_files($path) === [] ? "nothing is left" : "LEFT");
    // With a name that somebody has given it counts.
    $lock = new Sitelock\BorgLock($path, HOST);
    put_record($path, record_name($dead));
    say("of a name that was given: " . what_can_be_had($lock));
    putenv("BORG_HOST_ID=" . HOST);
    $lock = new Sitelock\BorgLock($path);
    put_readers($path, roster_entry($dead));
    say("in the environment: " . what_can_be_had($lock));
    say(lock_files($path) === [] ? "nothing is left" : "LEFT");
') as $line) {
    echo "$line\n";
}

// One of ours who was killed is dead by his flock; a reader is not.
without_network($path, '$lock = new Sitelock\BorgLock($path); $lock->acquire(); posix_kill(getmypid(), SIGKILL);');
echo 'killed: ', without_network($path, 'say(what_can_be_had(new Sitelock\BorgLock($path)));')[0], "\n";
@unlink("$path/lock.roster"); // his name on the exclusive list, which does not decide
without_network($path, '$lock = new Sitelock\BorgLock($path); $lock->acquireShared(); posix_kill(getmypid(), SIGKILL);');
echo 'a reader was killed: ', without_network($path, 'say(what_can_be_had(new Sitelock\BorgLock($path)));')[0], "\n";
$lock = new Sitelock\BorgLock($path, HOST);
$lock->forceBreak(...$lock->getHolders());
check('until a person says so', lock_files($path) === []);
?>
--EXPECT--
ok the same in one process
ok another one in the next
ok 48 bits, with the one that says that it is random
ok 48 bits, with the one that says that it is random
ok nothing is left
a dead pid of that name: nothing, alive NULL, breakStale false
on the roster: shared, alive NULL, breakStale false
ourselves, acquire: held, self
ourselves, acquireShared: held, self
nothing is left
of a name that was given: exclusive, shared
in the environment: exclusive, shared
nothing is left
killed: exclusive, shared
a reader was killed: shared
ok until a person says so
