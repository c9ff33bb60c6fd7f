--TEST--
A new lock file has exactly the permissions asked for, under any umask
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
foreach ([0, 022, 077, 0777] as $umask) {
    foreach ([0600, 0640, 0660, 0666, 0777] as $permissions) {
        umask($umask);
        $lock = new Sitelock\FileLock($path, '', $permissions);
        $lock->acquire();
        clearstatcache();
        if ((fileperms($path) & 07777) !== $permissions) {
            printf("NOT OK umask %o: %o asked, %o made\n", $umask, $permissions, fileperms($path) & 07777);
        }
        $lock->remove();
    }
}
umask(022);
file_put_contents($path, '');
chmod($path, 0644);
$lock = new Sitelock\FileLock($path, '', 0660);
$lock->acquire();
clearstatcache();
check('a file that was there keeps its own', (fileperms($path) & 07777) === 0644);
check('the default is private', (function () use ($path) {
    (new Sitelock\FileLock("$path.2"))->acquire();
    return (fileperms("$path.2") & 07777) === 0600;
})());
?>
--EXPECT--
ok a file that was there keeps its own
ok the default is private
