--TEST--
In a pid namespace of its own: a thread in the entry, so that nobody outside looks for the pid; and in there nobody is judged by his pid
--SKIPIF--
<?php
if (posix_geteuid() !== 0) die('skip needs root');
exec('unshare --pid --fork --mount-proc true 2>&1', $output, $status);
if ($status !== 0) die('skip needs the right to make a pid namespace: ' . implode($output));
?>
--FILE--
<?php
require __DIR__ . '/borg.inc';

/** Runs $code in a pid namespace, with $path and $lock; it can say() and hear(). */
final class Inside
{
    public $pipes;
    private $process;

    public function __construct(string $path, string $code)
    {
        $this->process = proc_open(array_merge(['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'],
            php_command(['-r', '$path = ' . var_export($path, true) . '; require ' . var_export(__DIR__ . '/borg.inc', true) . '; $lock = new Sitelock\BorgLock($path, HOST, "inside"); ' . $code])),
            [['pipe', 'r'], ['pipe', 'w']], $this->pipes);
    }

    public function hear(): string
    {
        return rtrim((string) fgets($this->pipes[1]), "\n");
    }

    public function tell(string $line): void
    {
        fwrite($this->pipes[0], "$line\n");
    }

    /** Its end, in good order or by SIGKILL. */
    public function end(bool $kill = false): void
    {
        if ($kill) {
            proc_terminate($this->process, SIGKILL);
            stream_get_contents($this->pipes[1]); // until it is dead; it would release at the end of its input
        }
        fclose($this->pipes[0]);
        stream_get_contents($this->pipes[1]);
        proc_close($this->process);
    }
}

$path = repository();
$lock = new Sitelock\BorgLock($path, HOST);
$look = '$holders = $lock->getHolders(); say(implode("; ", array_map(function ($h) { return "pid " . var_export($h->getPid(), true) . ", alive " . var_export($h->isAlive(), true) . ($h->isSelf() ? ", self" : "") . ($h->isShared() ? ", shared" : ", exclusive"); }, $holders)) . ": " . what_can_be_had(new Sitelock\BorgLock($path, HOST)));';

$threads = [];
for ($i = 0; $i < 2; $i++) {
    $inside = new Inside($path, '$lock->acquire(); say(implode(", ", entries("$path/lock.exclusive"))); say((string) roster($path)); ' . $look . ' hear();');
    $name = $inside->hear();
    check('a thread in the record', (bool) preg_match('/^' . preg_quote(HOST, '/') . '\.1-([1-9a-f][0-9a-f]*)$/', $name, $match));
    $threads[] = hexdec($match[1] ?? '0');
    check('and on the roster', $inside->hear() === '{"exclusive": [' . roster_entry(1, $threads[$i]) . ']}');
    echo 'inside: ', $inside->hear(), "\n";
    $holder = $lock->getHolders()[0];
    check('outside: alive, no pid of ours', count($lock->getHolders()) === 1 && $holder->isAlive() === true && $holder->getPid() === null && !$holder->isSelf());
    check('it is an owner', what_can_be_had($lock) === 'nothing' && !$lock->breakStale());
    $inside->end($i === 1);
    echo $i === 1 ? 'killed: ' : 'ended: ', what_can_be_had($lock), "\n";
}
check('another one each time', $threads[0] !== $threads[1]);
check('nobody is in anybody\'s way', $lock->getHolders() === [] && array_diff(lock_files($path), ['lock.roster']) === []);
@unlink("$path/lock.roster"); // whose exclusive list may still name who was killed there

$inside = new Inside($path, '$lock->acquireShared(); say((string) roster($path)); $two = new Sitelock\BorgLock($path, HOST); $two->acquireShared(); say((string) roster($path)); ' . $look . ' hear(); $two->release(); say($lock->isAcquired() ? "held" : "NOT"); hear();');
$roster = $inside->hear();
check('a reader', (bool) preg_match('/^\{"shared": \[\["' . HOST . '", 1, ([1-9][0-9]*)\]\]\}$/', $roster));
check('two objects are one entry', $inside->hear() === $roster);
echo 'inside: ', $inside->hear(), "\n";
$holder = $lock->getHolders()[0];
check('outside: of whom it cannot be known', $holder->isAlive() === null && $holder->getPid() === null && what_can_be_had($lock) === 'shared');
$inside->tell('release one');
check('one object of two has released', $inside->hear() === 'held' && what_can_be_had($lock) === 'shared');
$inside->end();
check('ended: nothing is left', lock_files($path) === []);
$inside = new Inside($path, '$lock->acquireShared(); say("held"); hear();');
$inside->hear();
$inside->end(true);
check('killed: nobody can know', what_can_be_had($lock) === 'shared' && !$lock->breakStale() && $lock->getHolders()[0]->isAlive() === null);
$lock->forceBreak(...$lock->getHolders());
check('until a person says so', what_can_be_had($lock) === 'exclusive, shared' && lock_files($path) === []);

// Inside, pids outside mean nothing.
$alive = borg_holder($path);
$inside = new Inside($path, $look);
echo 'held outside: ', $inside->hear(), "\n";
$inside->end();
check('he has lost nothing', $alive->tell('release') === null && $alive->hear() === 'released');
$alive->wait();
$alive = borg_holder($path, 'acquireShared');
$inside = new Inside($path, $look);
echo 'held shared outside: ', $inside->hear(), "\n";
$inside->end();
check('he has lost nothing', $alive->tell('release') === null && $alive->hear() === 'released');
$alive->wait();
$dead = dead_pid();
foreach (['a dead pid' => $dead, 'our own pid in there' => 1, 'our own pid out here' => getmypid()] as $name => $pid) {
    put_record($path, record_name($pid));
    $state = lock_state($path);
    $inside = new Inside($path, $look . ' say(var_export($lock->breakStale(), true));');
    echo "a borg's record, $name: ", $inside->hear(), '; breakStale ', $inside->hear(), "\n";
    $inside->end();
    check('untouched', lock_state($path) === $state);
    remove_tree("$path/lock.exclusive");
    put_readers($path, roster_entry($pid));
    $inside = new Inside($path, $look . ' say(var_export($lock->breakStale(), true));');
    echo "a borg on the roster, $name: ", $inside->hear(), '; breakStale ', $inside->hear(), "\n";
    $inside->end();
    check('it stays', strpos((string) roster($path), roster_entry($pid)) !== false);
    unlink("$path/lock.roster");
}
// One of ours who was killed outside is dead, because his flock is free.
killed_owner($path);
$inside = new Inside($path, $look);
echo 'killed outside: ', $inside->hear(), "\n";
$inside->end();

// Two containers, one after the other with the same pid, and both at once.
$first = new Inside($path, '$lock->acquire(); say("held"); hear(); $lock->release(); say("released"); hear();');
$first->hear();
$second = new Inside($path, 'say($lock->acquire() ? "TWO AT ONCE" : "busy"); say($lock->acquire(INF, function () { static $calls = 0; $calls++ || say("waits"); }) ? "held" : "NOT"); hear();');
echo 'two with pid 1: ', $second->hear(), ', ', $second->hear(), "\n";
$first->tell('release');
echo $first->hear(), ', ', $second->hear(), "\n";
$first->end();
$second->end();
check('nobody is in anybody\'s way', $lock->getHolders() === [] && what_can_be_had($lock) === 'exclusive, shared' && array_diff(lock_files($path), ['lock.roster']) === []);
?>
--EXPECT--
ok a thread in the record
ok and on the roster
inside: pid 1, alive true, self, exclusive: nothing
ok outside: alive, no pid of ours
ok it is an owner
ended: exclusive, shared
ok a thread in the record
ok and on the roster
inside: pid 1, alive true, self, exclusive: nothing
ok outside: alive, no pid of ours
ok it is an owner
killed: exclusive, shared
ok another one each time
ok nobody is in anybody's way
ok a reader
ok two objects are one entry
inside: pid 1, alive true, self, shared: shared
ok outside: of whom it cannot be known
ok one object of two has released
ok ended: nothing is left
ok killed: nobody can know
ok until a person says so
held outside: pid NULL, alive true, exclusive: nothing
ok he has lost nothing
held shared outside: pid NULL, alive NULL, shared: shared
ok he has lost nothing
a borg's record, a dead pid: pid NULL, alive NULL, exclusive: nothing; breakStale false
ok untouched
a borg on the roster, a dead pid: pid NULL, alive NULL, shared: shared; breakStale false
ok it stays
a borg's record, our own pid in there: pid NULL, alive NULL, exclusive: nothing; breakStale false
ok untouched
a borg on the roster, our own pid in there: pid NULL, alive NULL, shared: shared; breakStale false
ok it stays
a borg's record, our own pid out here: pid NULL, alive NULL, exclusive: nothing; breakStale false
ok untouched
a borg on the roster, our own pid out here: pid NULL, alive NULL, shared: shared; breakStale false
ok it stays
killed outside: : exclusive, shared
two with pid 1: busy, waits
released, held
ok nobody is in anybody's way
