--TEST--
What does not belong into the lock directory: it is locked, getHolders() shows it, and nobody is promised that it ends
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path_alone();
$lock = new Sitelock\DirectoryLock($path);
$busy = function () use ($lock): string {
    try {
        $lock->synchronized(function () {}, 0.0);
        return 'NOT BUSY';
    } catch (Sitelock\BusyException $e) {
        return $e->getMessage();
    }
};
$promises = function (string $message): bool { return strpos($message, 'becomes free') !== false; };
$warns = function (string $message): bool { return strpos($message, 'a person has to find out') !== false; };
$user = posix_getpwuid(posix_geteuid())['name'];

foreach (['.nfs1', '.nfs00000000015a3c8b00000002', '.fuse_hidden1', '.fuse_hidden0000000100000001', 'x', 's1.x', "two\nlines"] as $name) {
    foreach (['file', 'directory', 'link'] as $kind) {
        mkdir($path, 0700);
        $stray = "$path/$name";
        $kind === 'file' ? touch($stray) : ($kind === 'link' ? symlink('nowhere', $stray) : mkdir($stray));
        $what = strtr($name, "\n", '~') . ", $kind";
        check("$what: busy", $lock->acquire() === false && $lock->acquireShared() === false && !$lock->breakStale());
        $holders = $lock->getHolders();
        check('listed, with its name and its user', count($holders) === 1 && $holders[0]->getLabel() === str_replace("\n", '\x0a', $name)
            && $holders[0]->getUser() === $user && $holders[0]->getPid() === null && $holders[0]->isAlive() === null && !$holders[0]->isShared());
        $message = $busy();
        check('no promise', $warns($message) && !$promises($message));
        check('it stays', entries($path) === [$name] && entries(dirname($path)) === [basename($path)]);
        remove_tree($path);
    }
}

// Beside a reader who lives.
$holder = directory_holder($path, 'acquireShared');
$message = $busy();
check('who lives ends', $promises($message) && !$warns($message));
touch("$path/.nfs1");
$labels = array_map(function ($holder) { return $holder->getLabel(); }, $lock->getHolders());
sort($labels);
check('both are listed', $labels === ['.nfs1', 'holder']);
$message = $busy();
check('no promise', $warns($message) && !$promises($message));
check('nor do others join', $lock->acquireShared() === false);
unlink("$path/.nfs1");
check('now they do', $lock->acquireShared() === true);
$lock->release();
$holder->wait();
$record = unknown_owner($path);
$message = $busy();
check('of whom it cannot be known: no promise', $warns($message) && !$promises($message));
unlink($record);
check('it is free', $lock->acquire() === true);
$lock->release();
check('nothing is left', entries(dirname($path)) === []);
?>
--EXPECT--
ok .nfs1, file: busy
ok listed, with its name and its user
ok no promise
ok it stays
ok .nfs1, directory: busy
ok listed, with its name and its user
ok no promise
ok it stays
ok .nfs1, link: busy
ok listed, with its name and its user
ok no promise
ok it stays
ok .nfs00000000015a3c8b00000002, file: busy
ok listed, with its name and its user
ok no promise
ok it stays
ok .nfs00000000015a3c8b00000002, directory: busy
ok listed, with its name and its user
ok no promise
ok it stays
ok .nfs00000000015a3c8b00000002, link: busy
ok listed, with its name and its user
ok no promise
ok it stays
ok .fuse_hidden1, file: busy
ok listed, with its name and its user
ok no promise
ok it stays
ok .fuse_hidden1, directory: busy
ok listed, with its name and its user
ok no promise
ok it stays
ok .fuse_hidden1, link: busy
ok listed, with its name and its user
ok no promise
ok it stays
ok .fuse_hidden0000000100000001, file: busy
ok listed, with its name and its user
ok no promise
ok it stays
ok .fuse_hidden0000000100000001, directory: busy
ok listed, with its name and its user
ok no promise
ok it stays
ok .fuse_hidden0000000100000001, link: busy
ok listed, with its name and its user
ok no promise
ok it stays
ok x, file: busy
ok listed, with its name and its user
ok no promise
ok it stays
ok x, directory: busy
ok listed, with its name and its user
ok no promise
ok it stays
ok x, link: busy
ok listed, with its name and its user
ok no promise
ok it stays
ok s1.x, file: busy
ok listed, with its name and its user
ok no promise
ok it stays
ok s1.x, directory: busy
ok listed, with its name and its user
ok no promise
ok it stays
ok s1.x, link: busy
ok listed, with its name and its user
ok no promise
ok it stays
ok two~lines, file: busy
ok listed, with its name and its user
ok no promise
ok it stays
ok two~lines, directory: busy
ok listed, with its name and its user
ok no promise
ok it stays
ok two~lines, link: busy
ok listed, with its name and its user
ok no promise
ok it stays
ok who lives ends
ok both are listed
ok no promise
ok nor do others join
ok now they do
ok of whom it cannot be known: no promise
ok it is free
ok nothing is left
