--TEST--
lock.roster: what else is in it survives, and its mode; a damaged one is an error, and not touched
--FILE--
<?php
require __DIR__ . '/borg.inc';

$path = repository();
$before = rest($path);
$lock = new Sitelock\BorgLock($path, HOST);
$us = roster_entry(getmypid());
foreach ([
    'empty' => '',
    'blank' => "\n",
    'cut off' => '{"shared": [["web1@8796750862", 47',
    'no JSON' => 'rubbish',
    'zeros' => str_repeat("\0", 40),
    'a list' => '[]',
    'null' => 'null',
    'a string' => '"shared"',
    'shared is no list' => '{"shared": 1}',
    'shared is null' => '{"shared": null}',
    'shared is an object' => '{"shared": {}}',
    'exclusive is no list' => '{"shared": [], "exclusive": "x"}',
    'an entry of two' => '{"shared": [["h", 1]]}',
    'an entry of four' => '{"shared": [["h", 1, 0, 0]]}',
    'an entry that is none' => '{"shared": ["h"]}',
    'a pid as a string' => '{"shared": [["h", "1", 0]]}',
    'a pid that is no whole number' => '{"shared": [["h", 1.5, 0]]}',
    'a pid too large' => '{"shared": [["h", 99999999999999999999, 0]]}',
    'a host that is none' => '{"shared": [[1, 1, 0]]}',
    'an odd entry in the other list' => '{"shared": [], "exclusive": [[]]}',
    'a key twice' => '{"shared": [["h", 1, 0]], "shared": []}',
    'something after it' => '{"shared": []} {"shared": []}',
    'no UTF-8' => "{\"shared\": [[\"\xff\", 1, 0]]}",
] as $name => $bytes) {
    file_put_contents("$path/lock.roster", $bytes);
    $state = lock_state($path);
    $said = [];
    foreach ([
        function () use ($lock) { return $lock->acquire(); },
        function () use ($lock) { return $lock->acquireShared(0.5); },
        function () use ($lock) { return $lock->synchronized(function () { echo "never\n"; }); },
        function () use ($lock) { return $lock->getHolders(); },
        function () use ($lock) { return $lock->breakStale(); },
        function () use ($lock) { return (new Sitelock\LockSet([], [$lock]))->acquire(0.5); },
    ] as $call) {
        try {
            $said[] = var_export($call(), true);
        } catch (Sitelock\LockException $e) {
            $said[] = get_class($e) . ' ' . $e->getCode() . (strpos($e->getMessage(), "$path/lock.roster is damaged, ") === 0 ? ': lock.roster is damaged' : $e->getMessage());
        }
    }
    echo "$name: ", implode(' / ', array_unique($said)), "\n";
    check('not held, and the same bytes in the same file', !$lock->isAcquired() && Sitelock\held() === [] && lock_state($path) === $state);
    unlink("$path/lock.roster");
}

// While it is held.
foreach (['acquire', 'acquireShared'] as $method) {
    $lock->$method();
    file_put_contents("$path/lock.roster", '{"shared": [');
    echo "$method, damaged while it is held: isAcquired() ", var_export($lock->isAcquired(), true), ', release(): ';
    try {
        $lock->release();
        echo "nothing thrown\n";
    } catch (Sitelock\LockException $e) {
        echo get_class($e), ' ', $e->getCode(), "\n";
    }
    check('the same bytes', roster($path) === '{"shared": [' && Sitelock\held() === [] && !is_dir("$path/lock.exclusive"));
    unlink("$path/lock.roster");
    check('and it can be had again', $lock->$method() && $lock->isAcquired());
    $lock->release();
}

// What we do not know survives, wherever it stands.
foreach ([
    '{"future": {"a": [1, 2.5, null, true], "b": ""}, "shared": [], "exclusive": []}',
    '{"shared": [["web2@8796750863", 4711, 0]], "future": 1, "exclusive": [["web2@8796750863", 4712, 7]]}',
    '{"h\u00f6st": "\u20ac\ud83d\ude00"}',
] as $roster) {
    file_put_contents("$path/lock.roster", $roster);
    chmod("$path/lock.roster", 0640);
    $file = stat("$path/lock.roster");
    $lock->acquireShared();
    clearstatcache();
    $now = stat("$path/lock.roster");
    check('while it is held we are on it, its mode and owner stay', strpos(roster($path), $us) !== false && [$now['mode'], $now['uid'], $now['gid']] === [$file['mode'], $file['uid'], $file['gid']]);
    check('it is another file, put into its place', $now['ino'] !== $file['ino']);
    $lock->release();
    clearstatcache();
    echo roster($path), ' ', decoct(fileperms("$path/lock.roster") & 07777), "\n";
    if (strpos($roster, '4711') === false) {
        $lock->acquire();
        check('exclusive, too', strpos(roster($path), $us) !== false);
        $lock->release();
        echo roster($path), "\n";
    } else {
        check('in vain', !$lock->acquire() && strpos(roster($path), '"future": 1') !== false);
    }
    unlink("$path/lock.roster");
}

// The dead of this host are taken off both lists by who writes it; and nobody else.
$alive = new Child('say("here"); hear();');
$alive->hear();
[$a, $b, $c] = [dead_pid(), dead_pid(), dead_pid()];
$others = [roster_entry(4711, 0, OTHER_HOST), roster_entry($a, 9), roster_entry($alive->pid())];
$roster = '{"shared": [' . implode(', ', [roster_entry($a), $others[0], roster_entry($b), $others[1], $others[2]]) . '], "exclusive": [' . roster_entry($c) . ', ' . $others[0] . ']}';
file_put_contents("$path/lock.roster", $roster);
$lock->acquireShared();
check('the dead are off', roster($path) === '{"shared": [' . implode(', ', $others) . ', ' . $us . '], "exclusive": [' . $others[0] . ']}');
$lock->release();
check('the others stay', roster($path) === '{"shared": [' . implode(', ', $others) . '], "exclusive": [' . $others[0] . ']}');
unlink("$path/lock.roster");
$alive->wait();

// Who is on the exclusive list keeps nobody out, alive or not.
file_put_contents("$path/lock.roster", '{"exclusive": [' . $others[0] . ', ' . roster_entry(posix_getppid()) . ']}');
check('the exclusive list does not decide', $lock->acquire() && $lock->getHolders()[0]->isSelf() && count($lock->getHolders()) === 1);
$lock->release();
check('and stays', roster($path) === '{"exclusive": [' . $others[0] . ', ' . roster_entry(posix_getppid()) . ']}' || roster($path) === '{"exclusive": [' . $others[0] . ', ' . roster_entry(posix_getppid()) . '], "shared": []}');
unlink("$path/lock.roster");

// What a crash left of a roster that was not yet in place.
$torn = "lock.roster." . str_repeat('0', 32) . '.tmp';
file_put_contents("$path/$torn", '{"sha');
touch("$path/lock.roster.tmp");
touch("$path/lock.roster.old");
put_record($path, record_name(dead_pid()));
check('cleared after a crash', $lock->acquire() && !file_exists("$path/$torn"));
$lock->release();
file_put_contents("$path/$torn", '{"sha');
$lock->breakStale();
check('and by breakStale(); what is not ours stays', lock_files($path) === ['lock.roster.old', 'lock.roster.tmp']);
unlink("$path/lock.roster.tmp");
unlink("$path/lock.roster.old");

// Many on it.
$many = [];
for ($i = 0; $i < 3000; $i++) {
    $many[] = roster_entry(4711 + $i, 0, OTHER_HOST);
}
put_readers($path, ...$many);
check('3000 readers', $lock->acquireShared() && $lock->isAcquired() && count($lock->getHolders()) === 3001);
$lock->release();
check('stay', roster($path) === '{"shared": [' . implode(', ', $many) . ']}');
unlink("$path/lock.roster");
check('nothing else was touched', rest($path) === $before);
?>
--EXPECT--
empty: Sitelock\SystemException 74: lock.roster is damaged
ok not held, and the same bytes in the same file
blank: Sitelock\SystemException 74: lock.roster is damaged
ok not held, and the same bytes in the same file
cut off: Sitelock\SystemException 74: lock.roster is damaged
ok not held, and the same bytes in the same file
no JSON: Sitelock\SystemException 74: lock.roster is damaged
ok not held, and the same bytes in the same file
zeros: Sitelock\SystemException 74: lock.roster is damaged
ok not held, and the same bytes in the same file
a list: Sitelock\SystemException 74: lock.roster is damaged
ok not held, and the same bytes in the same file
null: Sitelock\SystemException 74: lock.roster is damaged
ok not held, and the same bytes in the same file
a string: Sitelock\SystemException 74: lock.roster is damaged
ok not held, and the same bytes in the same file
shared is no list: Sitelock\SystemException 74: lock.roster is damaged
ok not held, and the same bytes in the same file
shared is null: Sitelock\SystemException 74: lock.roster is damaged
ok not held, and the same bytes in the same file
shared is an object: Sitelock\SystemException 74: lock.roster is damaged
ok not held, and the same bytes in the same file
exclusive is no list: Sitelock\SystemException 74: lock.roster is damaged
ok not held, and the same bytes in the same file
an entry of two: Sitelock\SystemException 74: lock.roster is damaged
ok not held, and the same bytes in the same file
an entry of four: Sitelock\SystemException 74: lock.roster is damaged
ok not held, and the same bytes in the same file
an entry that is none: Sitelock\SystemException 74: lock.roster is damaged
ok not held, and the same bytes in the same file
a pid as a string: Sitelock\SystemException 74: lock.roster is damaged
ok not held, and the same bytes in the same file
a pid that is no whole number: Sitelock\SystemException 74: lock.roster is damaged
ok not held, and the same bytes in the same file
a pid too large: Sitelock\SystemException 74: lock.roster is damaged
ok not held, and the same bytes in the same file
a host that is none: Sitelock\SystemException 74: lock.roster is damaged
ok not held, and the same bytes in the same file
an odd entry in the other list: Sitelock\SystemException 74: lock.roster is damaged
ok not held, and the same bytes in the same file
a key twice: Sitelock\SystemException 74: lock.roster is damaged
ok not held, and the same bytes in the same file
something after it: Sitelock\SystemException 74: lock.roster is damaged
ok not held, and the same bytes in the same file
no UTF-8: Sitelock\SystemException 74: lock.roster is damaged
ok not held, and the same bytes in the same file
acquire, damaged while it is held: isAcquired() true, release(): nothing thrown
ok the same bytes
ok and it can be had again
acquireShared, damaged while it is held: isAcquired() false, release(): Sitelock\SystemException 74
ok the same bytes
ok and it can be had again
ok while it is held we are on it, its mode and owner stay
ok it is another file, put into its place
{"future": {"a": [1, 2.5, null, true], "b": ""}, "shared": [], "exclusive": []} 640
ok exclusive, too
{"future": {"a": [1, 2.5, null, true], "b": ""}, "shared": [], "exclusive": []}
ok while it is held we are on it, its mode and owner stay
ok it is another file, put into its place
{"shared": [["web2@8796750863", 4711, 0]], "future": 1, "exclusive": [["web2@8796750863", 4712, 7]]} 640
ok in vain
ok while it is held we are on it, its mode and owner stay
ok it is another file, put into its place
{"h\u00F6st": "\u20AC\uD83D\uDE00", "shared": []} 640
ok exclusive, too
{"h\u00F6st": "\u20AC\uD83D\uDE00", "shared": [], "exclusive": []}
ok the dead are off
ok the others stay
ok the exclusive list does not decide
ok and stays
ok cleared after a crash
ok and by breakStale(); what is not ours stays
ok 3000 readers
ok stay
ok nothing else was touched
