export default defineNuxtConfig({
  compatibilityDate: '2026-01-01',
  modules: ['@clerk/nuxt'],
  telemetry: false,
  vite: { server: { allowedHosts: ['.ngrok-free.dev'] } },
})
