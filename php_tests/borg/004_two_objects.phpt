--TEST--
Two objects of one process are behind one entry on the roster, and the last one to go takes it off
--FILE--
<?php
require __DIR__ . '/borg.inc';

$path = repository();
$entry = '{"shared": [' . roster_entry(getmypid()) . ']}';
$locks = [];
for ($i = 0; $i < 3; $i++) {
    $locks[$i] = new Sitelock\BorgLock($path, HOST, "number $i");
    check("number $i", $locks[$i]->acquireShared() && roster($path) === $entry);
}
check('all are held', Sitelock\held() === $locks);
check('one holder', count($locks[0]->getHolders()) === 1 && $locks[0]->getHolders()[0]->isSelf() && $locks[0]->getHolders()[0]->isShared());
$child = borg_holder($path, 'acquireShared');
check('a reader beside them', count($locks[0]->getHolders()) === 2);
$locks[1]->release();
check('one is released: the others stay', !$locks[1]->isAcquired() && $locks[0]->isAcquired() && $locks[2]->isAcquired() && strpos(roster($path), roster_entry(getmypid())) !== false);
unset($locks[0]);
check('one is dropped: the last one stays', $locks[2]->isAcquired() && strpos(roster($path), roster_entry(getmypid())) !== false);
check('no writer', what_can_be_had(new Sitelock\BorgLock($path, HOST)) === 'shared');
check('still there', $locks[2]->isAcquired());
$locks[2]->release();
check('the last one takes it off', strpos(roster($path), roster_entry(getmypid())) === false && !$locks[2]->isAcquired());
$child->wait();
check('nothing is left', lock_files($path) === []);

// One that is not had does not count.
$writer = borg_holder($path);
check('in vain', !$locks[1]->acquireShared() && !$locks[1]->acquireShared(0.1) && !$locks[2]->acquireShared());
$writer->wait();
check('then one of them', $locks[1]->acquireShared());
$locks[1]->release();
check('nothing is left', lock_files($path) === []);

// Two repositories, and two names of this host, have nothing to do with each other.
$second = repository();
$a = new Sitelock\BorgLock($path, HOST);
$b = new Sitelock\BorgLock($second, HOST);
$c = new Sitelock\BorgLock($path, OTHER_HOST);
check('two repositories', $a->acquireShared() && $b->acquireShared());
$a->release();
check('each its own', !$a->isAcquired() && $b->isAcquired() && lock_files($path) === [] && roster($second) === $entry);
$b->release();
check('two names of this host', $a->acquireShared() && $c->acquireShared() && roster($path) === '{"shared": [' . roster_entry(getmypid()) . ', ' . roster_entry(getmypid(), 0, OTHER_HOST) . ']}');
$a->release();
check('each its own', $c->isAcquired() && !$a->isAcquired() && roster($path) === '{"shared": [' . roster_entry(getmypid(), 0, OTHER_HOST) . ']}');
$c->release();

// The same repository by another path.
symlink($path, "$path.link");
$link = new Sitelock\BorgLock("$path.link", HOST);
check('through a symbolic link', $link->getPath() === "$path.link" && $link->acquireShared() && $a->acquireShared() && roster($path) === $entry);
$a->release();
check('one entry, counted', $link->isAcquired() && roster($path) === $entry);
$link->release();
check('nothing is left', lock_files($path) === []);
check('exclusive through the link', $link->acquire() && !$a->acquire() && !$a->acquireShared() && exclusive_records($path) === [record_name(getmypid())]);
$link->release();

// Exclusive has no two objects, whichever of them it is.
check('exclusive', $a->acquire() && !$b->isAcquired() && !(new Sitelock\BorgLock($path, HOST))->acquire());
$a->release();
check('nothing is left', lock_files($path) === [] && lock_files($second) === []);
?>
--EXPECT--
ok number 0
ok number 1
ok number 2
ok all are held
ok one holder
ok a reader beside them
ok one is released: the others stay
ok one is dropped: the last one stays
ok no writer
ok still there
ok the last one takes it off
ok nothing is left
ok in vain
ok then one of them
ok nothing is left
ok two repositories
ok each its own
ok two names of this host
ok each its own
ok through a symbolic link
ok one entry, counted
ok nothing is left
ok exclusive through the link
ok exclusive
ok nothing is left
