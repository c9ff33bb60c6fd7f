--TEST--
While it is held lock.exclusive and lock.roster are what borg would make; then there is nothing, and all else is untouched
--FILE--
<?php
require __DIR__ . '/borg.inc';

$path = repository();
$before = rest($path);
$pid = getmypid();
$name = record_name($pid);
$a = new Sitelock\BorgLock($path, HOST, "nightly\nbackup");
$b = new Sitelock\BorgLock($path, HOST);
$mode = function (string $file) use ($path): int { clearstatcache(); return fileperms("$path/$file") & 07777; };

check('acquire', $a->acquire() === true && $a->isAcquired() && Sitelock\held() === [$a]);
check('lock.exclusive, private, with our record, private and locked', exclusive_records($path) === [$name] && $mode('lock.exclusive') === 0700
    && $mode("lock.exclusive/$name") === 0600 && is_locked("$path/lock.exclusive/$name"));
check('lock.roster, private', $mode('lock.roster') === 0600 && lock_files($path) === ['lock.exclusive', 'lock.roster']);
echo str_replace((string) $pid, 'PID', roster($path)), "\n";
$text = file_get_contents("$path/lock.exclusive/$name");
check('a person can read the record', strpos($text, 'sitelock 1 held') === 0 && strpos($text, "pid $pid ") && strpos($text, "\nlabel nightly\\x0abackup\n"));
$state = lock_state($path);
check('again: nothing changes', $a->acquire() === true && $a->acquire(5.0, function () { echo "never\n"; }) && lock_state($path) === $state);
thrown(function () use ($a) { $a->acquireShared(); });
check('busy', $b->acquire() === false && $b->acquireShared() === false && !$b->isAcquired() && lock_state($path) === $state);
check('still held', $a->isAcquired());
$a->release();
check('released: nothing is left', !$a->isAcquired() && Sitelock\held() === [] && lock_files($path) === []);
$a->release();

check('acquireShared', $a->acquireShared() === true && $a->isAcquired() && Sitelock\held() === [$a]);
check('a private roster, and nothing else', lock_files($path) === ['lock.roster'] && $mode('lock.roster') === 0600);
echo str_replace((string) $pid, 'PID', roster($path)), "\n";
$state = lock_state($path);
check('again: nothing changes', $a->acquireShared() === true && $a->acquireShared(5.0, function () { echo "never\n"; }) && lock_state($path) === $state);
thrown(function () use ($a) { $a->acquire(); });
check('still held', $a->isAcquired());
$a->release();
check('released: nothing is left', !$a->isAcquired() && Sitelock\held() === [] && lock_files($path) === []);
$a->release();

// What a borg in good order may leave.
foreach (['{"shared": [], "exclusive": []}', '{}', '{"exclusive": []}', " {\"shared\":\n[]}\n"] as $roster) {
    foreach (['acquire', 'acquireShared'] as $method) {
        file_put_contents("$path/lock.roster", $roster);
        $got = $a->$method() && $a->isAcquired();
        echo $method, ' over ', json_encode_plain($roster), ': ', str_replace((string) $pid, 'PID', roster($path)), "\n";
        $a->release();
        check('and nothing is left', $got && lock_files($path) === []);
    }
}
mkdir("$path/lock.exclusive");
check('an empty lock.exclusive is nobody', $a->getHolders() === [] && lock_files($path) === ['lock.exclusive'] && $a->acquire() && exclusive_records($path) === [$name]);
$a->release();
mkdir("$path/lock.exclusive");
check('also for who wants it shared', $a->acquireShared() && lock_files($path) === ['lock.roster']);
$a->release();

foreach ([0, 077, 0777] as $umask) {
    umask($umask);
    try {
        $a->acquire();
        check(sprintf('private under umask %o', $umask), [$mode('lock.exclusive'), $mode("lock.exclusive/$name"), $mode('lock.roster')] === [0700, 0600, 0600]);
    } catch (Sitelock\SystemException $e) {
        check(sprintf('private under umask %o', $umask), $umask === 0777 && posix_geteuid() !== 0 && $e->getCode() === 13);
    }
    $a->release();
}
umask(022);
chmod("$path/config", 0660); // a repository that was made with --umask 007
foreach (['acquire', 'acquireShared'] as $method) {
    $a->$method();
    check("$method: who may change config may change the roster", $mode('lock.roster') === 0660);
    $a->release();
}
chmod("$path/config", 0600);

$file = new Sitelock\FileLock(dirname($path) . '/file');
$file->acquire();
$a->acquireShared();
$b->acquireShared();
check('held() has locks of all kinds, in order', Sitelock\held() === [$file, $a, $b]);
unset($a, $b);
Sitelock\held()[0]->release();
foreach (['', 'a long label ' . str_repeat('x', 5000)] as $label) {
    $lock = new Sitelock\BorgLock($path, HOST, $label);
    check('a label of ' . strlen($label) . ' bytes', $lock->acquire() && $lock->isAcquired() && strlen($lock->getHolders()[0]->getLabel()) === min(strlen($label), strlen($lock->getHolders()[0]->getLabel())));
    $lock->release();
}
check('in all that time nothing else in the repository was touched', rest($path) === $before && lock_files($path) === []);

function json_encode_plain(string $text): string
{
    return str_replace("\n", '\n', $text);
}
?>
--EXPECT--
ok acquire
ok lock.exclusive, private, with our record, private and locked
ok lock.roster, private
{"exclusive": [["web1@8796750862", PID, 0]]}
ok a person can read the record
ok again: nothing changes
LogicException: repository is held exclusively by this object: release it before you acquire it shared
ok busy
ok still held
ok released: nothing is left
ok acquireShared
ok a private roster, and nothing else
{"shared": [["web1@8796750862", PID, 0]]}
ok again: nothing changes
LogicException: repository is held shared by this object: release it before you acquire it exclusively
ok still held
ok released: nothing is left
acquire over {"shared": [], "exclusive": []}: {"shared": [], "exclusive": [["web1@8796750862", PID, 0]]}
ok and nothing is left
acquireShared over {"shared": [], "exclusive": []}: {"shared": [["web1@8796750862", PID, 0]], "exclusive": []}
ok and nothing is left
acquire over {}: {"exclusive": [["web1@8796750862", PID, 0]]}
ok and nothing is left
acquireShared over {}: {"shared": [["web1@8796750862", PID, 0]]}
ok and nothing is left
acquire over {"exclusive": []}: {"exclusive": [["web1@8796750862", PID, 0]]}
ok and nothing is left
acquireShared over {"exclusive": []}: {"exclusive": [], "shared": [["web1@8796750862", PID, 0]]}
ok and nothing is left
acquire over  {"shared":\n[]}\n: {"shared": [], "exclusive": [["web1@8796750862", PID, 0]]}
ok and nothing is left
acquireShared over  {"shared":\n[]}\n: {"shared": [["web1@8796750862", PID, 0]]}
ok and nothing is left
ok an empty lock.exclusive is nobody
ok also for who wants it shared
ok private under umask 0
ok private under umask 77
ok private under umask 777
ok acquire: who may change config may change the roster
ok acquireShared: who may change config may change the roster
ok held() has locks of all kinds, in order
ok a label of 0 bytes
ok a label of 5013 bytes
ok in all that time nothing else in the repository was touched
