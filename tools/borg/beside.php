<?php
/*
 * BorgLock and borg on the same repositories:
 *
 *     php beside.php SCRATCH
 *
 * Each step waits for a pipe or for what can be seen in the repository, never for a time.
 */

require __DIR__ . '/borg.php';

const NOBODY = 65534;

$scratch = $argv[1];
$repository = "$scratch/repository";
$host = borgs_host_id();

/** A child that holds it under the host id that it finds itself. */
function ours(string $path, string $how = 'acquire'): Child
{
    return holder($path, $how, 'Sitelock\BorgLock($path, null, "ours")');
}

function is_exclusive_of(string $path, int $pid): bool
{
    global $host;
    clearstatcache();
    return is_file("$path/lock.exclusive/" . record_name($pid, 0, $host));
}

function is_reader(string $path, int $pid): bool
{
    global $host;
    return preg_match('/"shared": \[[^}]*' . preg_quote(substr(roster_entry($pid, 0, $host), 1), '/') . '/', (string) roster($path)) === 1;
}

/** A borg that has the repository for itself until it is told to end: its input has no end before. */
function live_create(string $path, string ...$options): Borg
{
    static $number = 0;
    $borg = new Borg(array_merge(['create'], $options, ["$path::live-" . getmypid() . '-' . ++$number, '-']), ['in' => true]);
    wait_until(function () use ($borg, $path) { return is_exclusive_of($path, $borg->pid()) && strpos((string) roster($path), '"exclusive": [[') !== false || $borg->has_ended() !== null; });
    return $borg;
}

/** One that reads it, until somebody reads what it says: that is more than a pipe holds. */
function live_extract(string $path): Borg
{
    $borg = new Borg(['extract', '--stdout', "$path::base"], ['out' => true]);
    if (fread($borg->pipes[1], 1) === '' || !is_reader($path, $borg->pid())) {
        throw new Error('borg extract does not read: ' . $borg->said());
    }
    return $borg;
}

function read_on(Borg $borg): void
{
    stream_get_contents($borg->pipes[1]);
}

function section(string $title): void
{
    echo "-- $title\n";
}

/** "pid 12 of this host, borg create …", as far as a Holder tells it. */
function is_borg(Sitelock\Holder $holder, Borg $borg, string $command, bool $shared): bool
{
    return $holder->getPid() === $borg->pid() && $holder->isAlive() === true && $holder->isShared() === $shared && $holder->getHost() === php_uname('n')
        && preg_match("~borg $command~", $holder->getCommand()) === 1 && strpos("$holder", 'pid ' . $borg->pid() . ' (') === 0;
}

mkdir("$scratch/files");
file_put_contents("$scratch/files/data", random_bytes(1 << 20));
borg('init', '-e', 'none', $repository);
borg('create', "$repository::base", "$scratch/files");
check('borg leaves nothing of its lock in a new repository', lock_files($repository) === []);
$lock = new Sitelock\BorgLock($repository, null, 'ours');

section('1. who keeps out whom');
$before = rest($repository);
$lock->acquire();
[$create, $list] = [new Borg(['create', "$repository::refused", "$scratch/files"]), new Borg(['list', $repository])];
check('ours exclusive: borg create waits and gives up with 2', $create->outcome() === 'time-out');
check('and so does borg list', $list->outcome() === 'time-out');
check('ours is held all the time', $lock->isAcquired() && count($lock->getHolders()) === 1);
$lock->release();
$lock->acquireShared();
[$create, $list, $extract] = [new Borg(['create', "$repository::refused", "$scratch/files"]), new Borg(['list', $repository]), new Borg(['extract', '--dry-run', "$repository::base"])];
check('ours shared: borg create gives up with 2', $create->outcome() === 'time-out');
check('borg list goes on', $list->outcome() === 'done');
check('and so does borg extract', $extract->outcome() === 'done');
check('ours is held all the time', $lock->isAcquired());
$lock->release();
check('of all that nothing is left, and nothing else in the repository was touched: bytes, times, modes', lock_files($repository) === [] && rest($repository) === $before);
foreach (['acquire' => ['list', $repository], 'acquireShared' => ['create', "$repository::waited", "$scratch/files"]] as $method => $command) {
    $lock->$method();
    $borg = new Borg(array_merge(['--lock-wait', '60'], $command));
    $pattern = "$repository/lock.exclusive.*.tmp/" . record_name($borg->pid(), 0, $host);
    if ($method === 'acquire') {
        wait_until(function () use ($pattern, $borg) { return glob($pattern) !== [] || $borg->has_ended() !== null; });
    } else { // beside readers it has lock.exclusive for moments, and none of it in between
        $end = hrtime(true) + 30 * 1000000000;
        while (!is_exclusive_of($repository, $borg->pid()) && hrtime(true) < $end) {
        }
    }
    check("$method: a borg $command[0] that may wait does so", $borg->has_ended() === null && $lock->isAcquired());
    $lock->release();
    check('and goes on when ours is released', $borg->outcome() === 'done' && lock_files($repository) === []);
}
foreach ([['list', $repository], ['extract', '--dry-run', "$repository::base"], ['create', "$repository::free", "$scratch/files"], ['prune', '--keep-last', '1', '--glob-archives', 'free*', $repository], ['compact', $repository], ['check', $repository]] as $command) {
    check("released: borg $command[0] goes on", Borg::run(...$command) === 'done');
}
$other = dirname($repository) . '/link';
symlink($repository, $other);
$link = new Sitelock\BorgLock($other);
$link->acquire();
check('through a symbolic link it is the same lock', Borg::run('list', $repository) === 'time-out' && !$lock->acquire());
$link->release();
$lock->acquire();
check('and for borg', Borg::run('list', $other) === 'time-out');
$lock->release();

section('2. a borg at work');
$borg = live_create($repository);
$holders = $lock->getHolders();
check('borg create: ours is busy, exclusive and shared', $lock->acquire() === false && $lock->acquire(0.2) === false && $lock->acquireShared() === false && $lock->acquireShared(0.2) === false);
check('it is named: pid, host, command line', count($holders) === 1 && is_borg($holders[0], $borg, 'create', false) || show(implode("\n", $holders) . "\n"));
$busy = '';
try {
    $lock->synchronized(function () {}, 0.0);
} catch (Sitelock\BusyException $e) {
    $busy = $e->getMessage();
}
check('also when it is busy', strpos($busy, "$repository is locked by pid " . $borg->pid() . ' (') === 0);
check('breakStale() and forceBreak() of nobody change nothing', $lock->breakStale() === false && $lock->forceBreak() === null && is_exclusive_of($repository, $borg->pid()));
foreach (['acquire', 'acquireShared'] as $method) {
    $borg = $borg->has_ended() === null ? $borg : live_create($repository);
    check("$method waits for it", $lock->$method(30.0, function () use ($borg) { is_resource($borg->pipes[0]) && $borg->end_input(); }) && $lock->isAcquired());
    $lock->release();
    check('and borg has ended well', $borg->outcome() === 'done');
}
$borg = live_extract($repository);
$holders = $lock->getHolders();
check('borg extract: ours shared passes', $lock->acquireShared() && $lock->isAcquired() && count($lock->getHolders()) === 2);
$lock->release();
check('it stays a reader', is_reader($repository, $borg->pid()));
check('it is named', count($holders) === 1 && is_borg($holders[0], $borg, 'extract', true) || show(implode("\n", $holders) . "\n"));
check('ours exclusive is busy', $lock->acquire() === false && $lock->acquire(0.2) === false);
check('and waits for it', $lock->acquire(30.0, function () use ($borg) { feof($borg->pipes[1]) || read_on($borg); }) && $lock->isAcquired());
$lock->release();
check('and borg has ended well', $borg->outcome() === 'done' && lock_files($repository) === []);
$borg = live_extract($repository);
$lock->acquireShared();
read_on($borg);
check('a borg that ends beside ours leaves ours on the roster', $borg->outcome() === 'done' && $lock->isAcquired() && Borg::run('create', "$repository::refused", "$scratch/files") === 'time-out');
$lock->release();

// borg with-lock: what it starts runs under its lock, and sees that.
file_put_contents("$scratch/inside.php", '<?php $lock = new Sitelock\BorgLock($argv[1]); $holders = $lock->getHolders();
    echo count($holders), " holder", $holders[0]->isAncestor() ? ", an ancestor" : "", $holders[0]->isShared() ? ", shared" : ", exclusive", $lock->acquire(0.1) || $lock->acquireShared() ? ", NOT BUSY" : ", busy", "\n";');
$borg = new Borg(array_merge(['with-lock', $repository], php_command(["$scratch/inside.php", $repository])));
check('borg with-lock: a script that it starts sees its ancestor', $borg->outcome() === 'done' && strpos($borg->said(), '1 holder, an ancestor, exclusive, busy') !== false || show($borg->said()));

// borg break-lock under us.
foreach (['acquire', 'acquireShared'] as $method) {
    $lock->$method();
    check("$method, borg break-lock: it is broken, and ours knows", Borg::run('break-lock', $repository) === 'done' && $lock->isAcquired() === false && is_lost(function () use ($lock) { $lock->release(); }));
    check('and all goes on', Borg::run('list', $repository) === 'done' && what_can_be_had($lock) === 'exclusive, shared' && lock_files($repository) === []);
}

section('3. kills');
foreach (['acquire', 'acquireShared'] as $method) {
    foreach ([['list', $repository], ['create', "$repository::after-a-kill-$method", "$scratch/files"]] as $command) {
        $child = ours($repository, $method);
        $child->kill();
        $there = lock_files($repository) !== [];
        check("ours was killed, $method: borg $command[0] goes on by itself", $there && Borg::run(...$command) === 'done' && lock_files($repository) === []);
    }
}
foreach (['acquire', 'acquireShared'] as $method) {
    $borg = live_create($repository);
    $borg->kill();
    $borg->wait();
    $there = is_exclusive_of($repository, $borg->pid());
    check("borg create was killed: $method goes on", $there && $lock->getHolders() === [] && $lock->$method() && $lock->isAcquired());
    $lock->release();
    check('nothing is left', lock_files($repository) === []);
    $borg = live_extract($repository);
    $borg->kill();
    $borg->wait();
    $there = is_reader($repository, $borg->pid());
    check("borg extract was killed: $method goes on", $there && $lock->getHolders() === [] && $lock->$method() && $lock->isAcquired());
    $lock->release();
    check('nothing is left', lock_files($repository) === []);
}
$borg = live_create($repository);
check('while somebody waits for it', $lock->acquire(30.0, function () use ($borg) { $borg->kill(); $borg->wait(); }));
$lock->release();
// Killed while it waits for us: what it had prepared is cleared.
$lock->acquire();
$borg = new Borg(['--lock-wait', '60', 'list', $repository]);
wait_until(function () use ($borg, $repository, $host) { return glob("$repository/lock.exclusive.*.tmp/" . record_name($borg->pid(), 0, $host)) !== []; });
$borg->kill();
$borg->wait();
$lock->release();
check('a borg was killed that waited for ours: it is in nobody\'s way', count(lock_files($repository)) === 1 && Borg::run('list', $repository) === 'done' && what_can_be_had($lock) === 'exclusive, shared');
$lock->breakStale();
check('and breakStale() clears what borg would leave for ever', lock_files($repository) === []);
check('the repository is in order', Borg::run('check', $repository) === 'done');

$dead = dead_pid();
foreach (['of another host' => [$dead, 0, OTHER_HOST], 'with a thread' => [$dead, 4711, $host]] as $name => $who) {
    put_record($repository, record_name(...$who));
    check("a record $name: busy for borg and for us", Borg::run('list', $repository) === 'time-out' && what_can_be_had($lock) === 'nothing' && $lock->breakStale() === false && exclusive_records($repository) === [record_name(...$who)]);
    $lock->forceBreak(...$lock->getHolders());
    check('forceBreak() of what was shown helps both', what_can_be_had($lock) === 'exclusive, shared' && Borg::run('list', $repository) === 'done' && lock_files($repository) === []);
    put_readers($repository, roster_entry(...$who));
    check("a reader $name: a reader to both", Borg::run('list', $repository) === 'done' && Borg::run('create', "$repository::refused", "$scratch/files") === 'time-out' && what_can_be_had($lock) === 'shared'
        && $lock->breakStale() === false && strpos(roster($repository), roster_entry(...$who)) !== false);
    $lock->forceBreak(...$lock->getHolders());
    check('forceBreak() helps both', what_can_be_had($lock) === 'exclusive, shared' && Borg::run('create', "$repository::after-force-break-$who[1]", "$scratch/files") === 'done' && lock_files($repository) === []);
}

// borg forgets all readers if it is killed between truncating the roster and writing it.
$lock->acquireShared();
$borg = new Borg(['list', $repository], ['wrap' => ['strace', '-f', '-qq', '-o', '/dev/null', '-P', "$repository/lock.roster", '-e', 'trace=write', '-e', 'inject=write:signal=SIGKILL:when=1']]);
$borg->wait();
wait_until(function () use ($repository, $lock) { clearstatcache(); return filesize("$repository/lock.roster") !== false; });
echo 'killed between truncate and write, borg leaves ', json_encode(roster($repository)), ' with ', count(exclusive_records($repository)), " record\n";
if (roster($repository) === '') {
    $errors = 0;
    foreach ([new Sitelock\BorgLock($repository), new Sitelock\BorgLock($repository)] as $i => $next) {
        try {
            $i === 0 ? $next->acquire() : $next->acquireShared(1.0);
        } catch (Sitelock\SystemException $e) {
            $errors += $e->getCode() === 74;
        }
    }
    check('an empty roster is an error to us', $errors === 2 && !$lock->isAcquired() && roster($repository) === '');
    check('and nothing at all to borg: that hole is its own', Borg::run('create', "$repository::beside-a-reader", "$scratch/files") === 'done');
}
try {
    $lock->release();
} catch (Sitelock\LockException $e) {
}
Borg::run('break-lock', $repository);
check('all goes on', what_can_be_had($lock) === 'exclusive, shared' && Borg::run('list', $repository) === 'done');

section('4. what this host is called');
$name_of = function (?string $host_id) use ($repository, $lock): string {
    putenv($host_id === null ? 'BORG_HOST_ID' : "BORG_HOST_ID=$host_id");
    $child = new Child('$lock = new Sitelock\BorgLock($path); $lock->acquire(); say(entries("$path/lock.exclusive")[0]); hear();', $repository);
    $name = preg_replace('/\.' . $child->pid() . '-0$/', '', (string) $child->hear());
    $child->tell('');
    $child->wait();
    return $name;
};
foreach ([null, 'backup@1', 'with blank', ''] as $host_id) {
    $ours = $name_of($host_id);
    putenv($host_id === null ? 'BORG_HOST_ID' : "BORG_HOST_ID=$host_id");
    exec(borgs_python() . ' -c "from borg.platform import get_process_id; print(get_process_id()[0])"', $lines);
    $python = array_pop($lines);
    putenv('BORG_HOST_ID');
    $borg = new Borg(['create', "$repository::called-" . md5((string) $host_id) . ($host_id === '' ? '0' : ''), '-'], ['in' => true] + ($host_id === null ? [] : ['host_id' => $host_id]));
    wait_until(function () use ($repository, $borg) { return count(exclusive_records($repository)) === 1 && strpos((string) roster($repository), '"exclusive": [[') !== false || $borg->has_ended() !== null; });
    $running = preg_replace('/\.' . $borg->pid() . '-0$/', '', exclusive_records($repository)[0] ?? '');
    $on_roster = strpos((string) roster($repository), '["' . $running . '", ' . $borg->pid() . ', 0]') !== false;
    $borg->end_input();
    $borg->wait();
    check('BORG_HOST_ID ' . var_export($host_id, true) . ': what we make is what borg\'s Python makes, and what a borg at work has written', $ours !== '' && $ours === $python && $ours === $running && $on_roster || show("$ours / $python / $running\n"));
}

section('5. states made by hand: what borg does, and what BorgLock does');
$small = "$scratch/small";
mkdir("$scratch/little");
file_put_contents("$scratch/little/data", 'little');
borg('init', '-e', 'none', $small);
borg('create', "$small::base", "$scratch/little");
$alive = new Child('say("here"); hear();');
$alive->hear();
$record = function (string $name) { return function (string $path) use ($name) { put_record($path, $name); }; };
$file = function (string $bytes) { return function (string $path) use ($bytes) { file_put_contents("$path/lock.roster", $bytes); }; };
$readers = function (string $entry) { return function (string $path) use ($entry) { put_readers($path, $entry); }; };
$live = $alive->pid();
$running = [];
foreach ([
    'nothing' => [function () {}, 'done', 'done', 'exclusive, shared'],
    'record, live pid' => [$record(record_name($live, 0, $host)), 'time-out', 'time-out', 'nothing'],
    'record, dead pid' => [$record(record_name($dead, 0, $host)), 'done', 'done', 'exclusive, shared'],
    'record, dead pid, another host' => [$record(record_name($dead, 0, OTHER_HOST)), 'time-out', 'time-out', 'nothing'],
    'record, dead pid, a thread' => [$record(record_name($dead, 9, $host)), 'time-out', 'time-out', 'nothing'],
    'record, malformed' => [$record('rubbish'), 'time-out', 'time-out', 'nothing'],
    'lock.exclusive empty' => [function ($path) { mkdir("$path/lock.exclusive"); }, 'done', 'done', 'exclusive, shared'],
    'lock.exclusive a file' => [function ($path) { touch("$path/lock.exclusive"); }, 'traceback 2', 'traceback 2', 'UnsafePathException'],
    'reader, live pid' => [$readers(roster_entry($live, 0, $host)), 'done', 'time-out', 'shared'],
    'reader, dead pid' => [$readers(roster_entry($dead, 0, $host)), 'done', 'done', 'exclusive, shared'],
    'reader, dead pid, another host' => [$readers(roster_entry($dead, 0, OTHER_HOST)), 'done', 'time-out', 'shared'],
    'reader, dead pid, a thread' => [$readers(roster_entry($dead, 9, $host)), 'done', 'time-out', 'shared'],
    'roster with two empty lists' => [$file('{"shared": [], "exclusive": []}'), 'done', 'done', 'exclusive, shared'],
    'roster, exclusive only' => [$file('{"exclusive": [' . roster_entry($dead, 0, OTHER_HOST) . ']}'), 'done', 'done', 'exclusive, shared'],
    'roster, unknown keys' => [$file('{"future": {"a": 1}, "shared": []}'), 'done', 'done', 'exclusive, shared'],
    'roster empty' => [$file(''), 'done', 'done', 'SystemException'],
    'roster cut off' => [$file('{"shared": [["'), 'done', 'done', 'SystemException'],
    'roster []' => [$file('[]'), 'traceback 2', 'traceback 2', 'SystemException'],
    'roster, a pid as a string' => [$file('{"shared": [["' . $host . '", "' . $dead . '", 0]]}'), 'traceback 2', 'traceback 2', 'SystemException'],
] as $state => [$make, $list, $create, $ours]) {
    $number = count($running);
    $copies = [];
    foreach (['list', 'create', 'ours'] as $who) {
        $make($copies[$who] = copy_of($small, "$scratch/state-$number-$who"));
        mkdir("$scratch/home-$number-$who");
    }
    $next = new Sitelock\BorgLock($copies['ours']);
    try {
        $had = what_can_be_had($next);
    } catch (Sitelock\LockException $e) {
        $had = substr(strrchr(get_class($e), '\\'), 1);
    }
    $running[$state] = [[$list, $create, $ours], $had, new Borg(['list', $copies['list']], ['home' => "$scratch/home-$number-list"]),
        new Borg(['create', "$copies[create]::new", "$scratch/little"], ['home' => "$scratch/home-$number-create"])];
    if ($number >= 4) { // four states at a time
        $earlier = array_values($running)[$number - 4];
        $earlier[2]->wait();
        $earlier[3]->wait();
    }
}
foreach ($running as $state => [$expected, $had, $list, $create]) {
    $is = [$list->outcome(), $create->outcome(), $had];
    check(sprintf('%-31s borg list: %-11s borg create: %-11s ours: %s', $state, ...$is), $is === $expected || show('expected: ' . implode(' / ', $expected) . "\n"));
}
$alive->wait();

section('6. a worker that lives on, another user, a full disk');
// Two requests of one process. The first one cannot take itself off the roster, because somebody sits in lock.exclusive.
$cgi = "$scratch/cgi";
copy_of($small, $cgi);
file_put_contents("$scratch/request.php", '<?php
    $path = getenv("REPOSITORY");
    $log = fopen("$path.log", "a");
    $state = function () use ($path) { return is_file("$path/lock.roster") && strpos(file_get_contents("$path/lock.roster"), ", " . getmypid() . ", 0]") ? "on the roster" : "off it"; };
    $lock = new Sitelock\BorgLock($path);
    fwrite($log, getmypid() . " begins " . $state() . ", holders " . count(array_filter($lock->getHolders(), function ($h) { return $h->isSelf(); })));
    $request = substr_count(file_get_contents("$path.log"), "begins");
    if ($request === 1) {
        fwrite($log, ", acquires " . var_export($lock->acquireShared(), true));
        mkdir("$path/lock.exclusive");
        touch("$path/lock.exclusive/web2@1.4711-0");
    } elseif ($request === 2) {
        unlink("$path/lock.exclusive/web2@1.4711-0");
        rmdir("$path/lock.exclusive");
    }
    fwrite($log, ", ends " . $state() . "\n");');
putenv("REPOSITORY=$cgi");
$modules = [];
foreach (['posix'] as $name) {
    array_push($modules, '-d', 'extension=' . PHP_EXTENSION_DIR . "/$name.so");
}
exec(implode(' ', array_map('escapeshellarg', array_merge(['php-cgi' . PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION, '-q', '-n', '-d', 'extension_dir=' . ini_get('extension_dir'), '-d', 'extension=sitelock'], $modules, ['-T', '3', "$scratch/request.php"]))) . ' >/dev/null 2>&1');
$log = @file("$cgi.log", FILE_IGNORE_NEW_LINES) ?: [];
$worker = (int) ($log[0] ?? 0);
check('a worker that could not take itself off the roster does so after its next request', preg_replace('/^\d+ /', '', $log) === [
    'begins off it, holders 0, acquires true, ends on the roster', 'begins on the roster, holders 0, ends on the roster', 'begins off it, holders 0, ends off it',
] && count(array_unique(array_map('intval', $log))) === 1 && lock_files($cgi) === [] || show(implode("\n", $log) . "\n"));

// Root in another user's repository: what root leaves, that user's borg clears.
chmod($scratch, 0755);
$theirs = copy_of($small, "$scratch/theirs");
mkdir("$scratch/their-home");
exec('chown -R ' . NOBODY . ':' . NOBODY . ' ' . escapeshellarg($theirs) . ' ' . escapeshellarg("$scratch/their-home"));
$their = ['home' => "$scratch/their-home", 'wrap' => ['setpriv', '--reuid=' . NOBODY, '--regid=' . NOBODY, '--clear-groups']];
$lock_theirs = new Sitelock\BorgLock($theirs);
foreach (['acquire', 'acquireShared'] as $method) {
    $lock_theirs->$method();
    check("root has another user's repository, $method: his borg keeps out", (new Borg(['create', "$theirs::refused", "$scratch/little"], $their))->outcome() === 'time-out' && $lock_theirs->isAcquired());
    $method === 'acquireShared' && check('and reads', (new Borg(['list', $theirs], $their))->outcome() === 'done' && $lock_theirs->isAcquired());
    $lock_theirs->release();
    $child = ours($theirs, $method);
    $child->kill();
    check('root was killed: his borg clears it', (new Borg(['create', "$theirs::after-$method", "$scratch/little"], $their))->outcome() === 'done' && lock_files($theirs) === []);
}
exec('find ' . escapeshellarg($theirs) . ' ! -user ' . NOBODY, $not_theirs);
check('nothing in it is root\'s', $not_theirs === []);

// A full disk.
mkdir("$scratch/disk");
exec('mount -t tmpfs -o size=4M,nr_inodes=200 tmpfs ' . escapeshellarg("$scratch/disk"), $output, $status);
if ($status === 0) {
    $full = copy_of($small, "$scratch/disk/repository");
    $on_full = new Sitelock\BorgLock($full);
    $second = new Sitelock\BorgLock($full, OTHER_HOST);
    $fill = function () use ($scratch) {
        $file = fopen("$scratch/disk/filler", 'a');
        stream_set_write_buffer($file, 0);
        while (@fwrite($file, str_repeat('x', 4096)) === 4096) {
        }
    };
    $try = function (Sitelock\BorgLock $lock, string $method): string {
        try {
            return var_export($lock->$method(), true);
        } catch (Sitelock\LockException $e) {
            return substr(strrchr(get_class($e), '\\'), 1) . ' ' . $e->getCode();
        }
    };
    $before = rest($full);
    $fill();
    foreach (['acquire', 'acquireShared'] as $method) {
        check("a full disk: $method says so, and is not held", $try($on_full, $method) === 'SystemException 28' && !$on_full->isAcquired());
        check('nothing is left', lock_files($full) === [] || show(implode(', ', lock_files($full)) . "\n"));
    }
    foreach (['acquire', 'acquireShared'] as $method) {
        unlink("$scratch/disk/filler");
        $on_full->$method();
        $fill();
        check("a disk that is full then, $method: held, and given back", $on_full->isAcquired() && $try($on_full, 'release') === 'NULL' && lock_files($full) === []);
    }
    unlink("$scratch/disk/filler");
    $on_full->acquireShared();
    $second->acquireShared();
    $fill();
    echo 'a full disk, the first of two readers: release() ', $try($on_full, 'release'), ', then ', count($second->getHolders()), ' on the roster, isAcquired() ', var_export($on_full->isAcquired(), true), "\n";
    check('the second one stays', $second->isAcquired());
    unlink("$scratch/disk/filler");
    $second->release();
    $child = new Child('say((new Sitelock\BorgLock($path))->acquire() ? "acquired" : "busy"); hear();', $full);
    $said = $child->hear();
    $child->wait();
    check('and when there is room again the first one is off it before long', $said === 'acquired' || $on_full->acquireShared() && $on_full->release() === null && what_can_be_had($on_full) === 'exclusive, shared');
    $inodes = 0;
    while (@touch("$scratch/disk/inode-" . ++$inodes)) {
    }
    foreach (['acquire', 'acquireShared'] as $method) {
        check("no inode left: $method says so", $try($on_full, $method) === 'SystemException 28' && !$on_full->isAcquired() && lock_files($full) === []);
    }
    array_map('unlink', glob("$scratch/disk/inode-*"));
    unset($on_full, $second, $child);
    check('borg goes on there', Borg::run('list', $full) === 'done' && rest($full) === $before);
    exec('umount --lazy ' . escapeshellarg("$scratch/disk"));
} else {
    check('a full disk: tmpfs can be mounted', false);
}

// A disk that is full for one write only: whatever part of the roster that was, the old one stays.
$holed = copy_of($small, "$scratch/holed");
$others = [roster_entry(getmypid(), 0, $host), roster_entry($dead, 0, OTHER_HOST)];
$spoiled = [];
for ($nth = 1; $nth <= 8; $nth++) {
    put_readers($holed, ...$others);
    $child = new Child('$lock = new Sitelock\BorgLock($path); say("ready"); hear(); try { $lock->acquireShared(); } catch (Sitelock\LockException $e) {} unset($lock);', $holed);
    $child->hear();
    $strace = proc_open(['strace', '-f', '-p', (string) $child->pid(), '-o', '/dev/null', '-e', 'trace=pwrite64', '-e', "inject=pwrite64:error=ENOSPC:when=$nth"], [['file', '/dev/null', 'r'], ['file', '/dev/null', 'w'], ['pipe', 'w']], $pipes);
    fgets($pipes[2]); // attached
    $child->tell('go');
    $child->wait();
    stream_get_contents($pipes[2]);
    proc_close($strace);
    $now = json_decode((string) roster($holed), true);
    if ($now === null || $now['shared'] !== json_decode('[' . implode(', ', $others) . ']', true) || is_dir("$holed/lock.exclusive")) {
        $spoiled[] = "write $nth: " . roster($holed);
    }
}
check('a write that fails leaves the roster as it was', $spoiled === [] || show(implode("\n", $spoiled) . "\n"));
unlink("$holed/lock.roster");
check('and borg goes on there', Borg::run('create', "$holed::new", "$scratch/little") === 'done' && lock_files($holed) === []);

check('borg check: all repositories are in order', Borg::run('check', $repository) === 'done' && Borg::run('check', $theirs) === 'done' && Borg::run('check', $cgi) === 'done');
check('nothing of any lock is left', lock_files($repository) === [] && lock_files($theirs) === [] && lock_files($cgi) === []);
