/* For the thread sanitizer only. librdkafka uses C11 threads, which it does not intercept: the
 * first thread of librdkafka would crash it. Preloaded, this turns them into POSIX threads:
 *
 *   cc -O1 -shared -fPIC scripts/tsan-c11-threads.c -o .build/tsan-c11-threads.so
 *   printf 'called_from_lib:librdkafka\nrace:librdkafka\n' > .build/tsan-suppressions
 *   swift build --build-tests --sanitize=thread
 *   TSAN_OPTIONS=suppressions=.build/tsan-suppressions LD_PRELOAD=.build/tsan-c11-threads.so \
 *     .build/debug/reprisePackageTests.xctest --testing-library swift-testing
 */
#define _GNU_SOURCE
#include <threads.h>
#include <pthread.h>
#include <stdlib.h>
#include <errno.h>
struct s{thrd_start_t f; void*a;};
static void*tr(void*p){struct s v=*(struct s*)p; free(p); return (void*)(long)v.f(v.a);}
int thrd_create(thrd_t*t,thrd_start_t f,void*a){struct s*p=malloc(sizeof*p); p->f=f; p->a=a; return pthread_create((pthread_t*)t,0,tr,p)?thrd_error:thrd_success;}
int thrd_join(thrd_t t,int*r){void*v; int e=pthread_join(t,&v); if(r)*r=(int)(long)v; return e?thrd_error:thrd_success;}
int thrd_detach(thrd_t t){return pthread_detach(t)?thrd_error:thrd_success;}
int mtx_init(mtx_t*m,int type){pthread_mutexattr_t a; pthread_mutexattr_init(&a); if(type&mtx_recursive)pthread_mutexattr_settype(&a,PTHREAD_MUTEX_RECURSIVE); return pthread_mutex_init((pthread_mutex_t*)m,&a)?thrd_error:thrd_success;}
int mtx_lock(mtx_t*m){return pthread_mutex_lock((pthread_mutex_t*)m)?thrd_error:thrd_success;}
int mtx_trylock(mtx_t*m){return pthread_mutex_trylock((pthread_mutex_t*)m)?thrd_busy:thrd_success;}
int mtx_unlock(mtx_t*m){return pthread_mutex_unlock((pthread_mutex_t*)m)?thrd_error:thrd_success;}
void mtx_destroy(mtx_t*m){pthread_mutex_destroy((pthread_mutex_t*)m);}
int cnd_init(cnd_t*c){return pthread_cond_init((pthread_cond_t*)c,0)?thrd_error:thrd_success;}
void cnd_destroy(cnd_t*c){pthread_cond_destroy((pthread_cond_t*)c);}
int cnd_signal(cnd_t*c){return pthread_cond_signal((pthread_cond_t*)c)?thrd_error:thrd_success;}
int cnd_broadcast(cnd_t*c){return pthread_cond_broadcast((pthread_cond_t*)c)?thrd_error:thrd_success;}
int cnd_wait(cnd_t*c,mtx_t*m){return pthread_cond_wait((pthread_cond_t*)c,(pthread_mutex_t*)m)?thrd_error:thrd_success;}
int cnd_timedwait(cnd_t*c,mtx_t*m,const struct timespec*t){int e=pthread_cond_timedwait((pthread_cond_t*)c,(pthread_mutex_t*)m,t); return e==ETIMEDOUT?thrd_timedout:e?thrd_error:thrd_success;}
