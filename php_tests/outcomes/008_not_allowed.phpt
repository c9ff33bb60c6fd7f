--TEST--
Not allowed is not busy: a reader may share what it may only read
--SKIPIF--
<?php if (posix_geteuid() !== 0) die('skip needs root'); ?>
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
touch($path);
chmod($path, 0644);
$code = 'become_nobody();
    $lock = new Sitelock\FileLock($path, "", 0644);
    try { $lock->acquire(); say("acquired"); } catch (Sitelock\SystemException $e) { say("exclusive: errno " . $e->getCode()); }
    say("shared: " . var_export($lock->acquireShared(), true));
    $lock->release();
    hear();
    try { $lock->acquireShared(); say("acquired"); } catch (Sitelock\SystemException $e) { say("shared, unreadable: errno " . $e->getCode()); }';
$child = new Child($code, $path);
echo $child->hear(), "\n", $child->hear(), "\n";
chmod($path, 0600);
$child->tell('go on');
echo $child->hear(), "\n";
$child->wait();
?>
--EXPECT--
exclusive: errno 13
shared: true
shared, unreadable: errno 13
