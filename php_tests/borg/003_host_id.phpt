--TEST--
What this host is called: the argument, BORG_HOST_ID, or its name and a number; what cannot be a host id is refused
--FILE--
<?php
require __DIR__ . '/borg.inc';

$path = repository();
$child = '$lock = new Sitelock\BorgLock($path); $lock->acquire(); say(implode(", ", entries("$path/lock.exclusive"))); hear();';
$called = function (?string $host_id, string $code) use ($path): string {
    putenv($host_id === null ? 'BORG_HOST_ID' : "BORG_HOST_ID=$host_id");
    $child = new Child($code, $path);
    $name = $child->hear();
    $id = preg_replace('/\.' . $child->pid() . '-0$/', '', (string) $name);
    $child->tell('');
    $child->wait();
    putenv('BORG_HOST_ID');
    return $id;
};
$own = $called(null, $child);
check('by itself: NAME@NUMBER', (bool) preg_match('/^' . preg_quote(explode('.', php_uname('n'))[0], '/') . '[^@]*@[0-9]+$/', $own) || strpos($own, '@') > 0);
check('always the same', $called(null, $child) === $own);
check('an empty BORG_HOST_ID is none', $called('', $child) === $own);
echo 'BORG_HOST_ID: ', $called('backup host@1', $child), "\n";
echo 'one without @: ', $called('x', $child), "\n";
echo 'the argument goes before it: ', $called('x', str_replace('($path)', '($path, "web1@8796750862")', $child)), "\n";
echo 'not ASCII: ', $called("b\u{e9}b\u{e9}@1", $child), "\n";
echo 'set by the script: ', $called(null, 'putenv("BORG_HOST_ID=script@1"); ' . $child), "\n";

// Whatever it becomes while the lock is held: what was made under one name is given back under that.
putenv('BORG_HOST_ID=first@1');
$lock = new Sitelock\BorgLock($path);
foreach (['acquire', 'acquireShared'] as $method) {
    $lock->$method();
    putenv('BORG_HOST_ID=second@1');
    check("$method: changed while it is held", $lock->isAcquired());
    $lock->release();
    check('and nothing is left', lock_files($path) === []);
    putenv('BORG_HOST_ID=first@1');
}

foreach (['a/b', '/', str_repeat('x', 201)] as $bad) {
    putenv("BORG_HOST_ID=$bad");
    thrown(function () use ($path) { new Sitelock\BorgLock($path); });
    check('the argument helps', (new Sitelock\BorgLock($path, HOST))->acquire());
}
putenv('BORG_HOST_ID=first@1');
$lock = new Sitelock\BorgLock($path);
putenv('BORG_HOST_ID=a/b');
foreach (['acquire', 'acquireShared', 'breakStale', 'getHolders'] as $method) {
    try {
        $lock->$method();
        $made = exclusive_records($path) + [roster($path)];
        check("one that becomes bad later, $method: nobody is called so", $made === [null] || strpos($made[0], 'first@1') !== false);
    } catch (Sitelock\LockException $e) {
        check("one that becomes bad later, $method: nobody is called so", lock_files($path) === []);
    }
    $lock->release();
}
$lock->release();
check('nothing is left', lock_files($path) === [] && entries(dirname($path)) === ['repository']);
putenv('BORG_HOST_ID');

// On the roster it is JSON, and comes back as it was.
foreach (['"quotes" \\ and @1', "tab\t@1", "b\u{e9}b\u{e9}@1", "\u{1f600}@1"] as $odd) {
    $lock = new Sitelock\BorgLock($path, $odd);
    check('odd ones: on the roster', $lock->acquireShared() && $lock->isAcquired() && !(new Sitelock\BorgLock($path, HOST))->acquire());
    $child = borg_holder($path, 'acquireShared', addcslashes($odd, '"\\$'));
    check('beside another one', $lock->isAcquired() && count($lock->getHolders()) === 2);
    $child->wait();
    $lock->release();
    check('and off it', lock_files($path) === []);
}
thrown(function () use ($path) { new Sitelock\BorgLock($path, "\xff@1"); });
putenv("BORG_HOST_ID=\xff@1");
thrown(function () use ($path) { new Sitelock\BorgLock($path); });
check('what is no UTF-8 cannot be on the roster', lock_files($path) === []);
?>
--EXPECT--
ok by itself: NAME@NUMBER
ok always the same
ok an empty BORG_HOST_ID is none
BORG_HOST_ID: backup host@1
one without @: x
the argument goes before it: web1@8796750862
not ASCII: bébé@1
set by the script: script@1
ok acquire: changed while it is held
ok and nothing is left
ok acquireShared: changed while it is held
ok and nothing is left
ValueError or InvalidArgumentException: BORG_HOST_ID in the environment must have 1 to 200 bytes of UTF-8, and no slash
ok the argument helps
ValueError or InvalidArgumentException: BORG_HOST_ID in the environment must have 1 to 200 bytes of UTF-8, and no slash
ok the argument helps
ValueError or InvalidArgumentException: BORG_HOST_ID in the environment must have 1 to 200 bytes of UTF-8, and no slash
ok the argument helps
ok one that becomes bad later, acquire: nobody is called so
ok one that becomes bad later, acquireShared: nobody is called so
ok one that becomes bad later, breakStale: nobody is called so
ok one that becomes bad later, getHolders: nobody is called so
ok nothing is left
ok odd ones: on the roster
ok beside another one
ok and off it
ok odd ones: on the roster
ok beside another one
ok and off it
ok odd ones: on the roster
ok beside another one
ok and off it
ok odd ones: on the roster
ok beside another one
ok and off it
ValueError or InvalidArgumentException: a host id has 1 to 200 bytes of UTF-8, and no slash
ValueError or InvalidArgumentException: BORG_HOST_ID in the environment must have 1 to 200 bytes of UTF-8, and no slash
ok what is no UTF-8 cannot be on the roster
